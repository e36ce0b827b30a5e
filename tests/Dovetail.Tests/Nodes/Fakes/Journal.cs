using System.Collections.Concurrent;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>What the fakes of one test were told, in order.</summary>
internal sealed class Journal
{
    private readonly ConcurrentQueue<string> _lines = [];

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Add(string line) => _lines.Enqueue(line);

    public int Count(string line) => _lines.Count(known => known == line);

    public bool Has(string line) => _lines.Contains(line);

    /// <summary>Asserts that these lines are there in this order, with any others in between.</summary>
    public void AssertOrder(params string[] expected)
    {
        var lines = Lines;
        var next = 0;
        foreach (var line in lines)
        {
            next += next < expected.Length && line == expected[next] ? 1 : 0;
        }

        Assert.True(next == expected.Length, $"'{expected.ElementAtOrDefault(next)}' is missing or too early:\n{this}");
    }

    public override string ToString() => string.Join('\n', _lines);
}
