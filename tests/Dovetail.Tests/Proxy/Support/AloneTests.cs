namespace Dovetail.Tests.Proxy.Support;

/// <summary>Tests that measure the process's memory have it to themselves: they run after all others, one by one.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneTests
{
    public const string Name = "Alone";
}
