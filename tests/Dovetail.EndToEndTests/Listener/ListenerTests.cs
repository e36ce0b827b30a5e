namespace Dovetail.EndToEndTests.Listener;

/// <summary>Tests that share one <see cref="ListenerFixture"/>, and therefore run one by one.</summary>
[CollectionDefinition(Name)]
public sealed class ListenerTests : ICollectionFixture<ListenerFixture>
{
    public const string Name = "Listener";
}
