namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// Tests that measure time, or that would be disturbed by what others do, have the machine to themselves: they run after all others, one by one.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeasuredTests
{
    public const string Name = "Measured";
}
