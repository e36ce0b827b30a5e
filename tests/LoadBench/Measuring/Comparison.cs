namespace LoadBench.Measuring;

/// <summary>The samples of a scenario: by side, one for each round.</summary>
internal sealed class Comparison(string scenario)
{
    private readonly Dictionary<string, List<Sample>> _samples = [];

    public string Scenario => scenario;

    /// <summary>In the order in which they came.</summary>
    public IEnumerable<string> Sides => _samples.Keys;

    public IEnumerable<Figure> Figures => _samples.Values.SelectMany(rounds => rounds).SelectMany(sample => sample.Keys).Distinct();

    public void Add(string side, Sample sample)
    {
        if (!_samples.TryGetValue(side, out var rounds))
        {
            _samples[side] = rounds = [];
        }

        rounds.Add(sample);
    }

    /// <summary>Every round's value; empty when this side has no such figure.</summary>
    public IReadOnlyList<double> Values(string side, Figure figure) =>
        _samples.TryGetValue(side, out var rounds)
            ? [.. rounds.Where(sample => sample.ContainsKey(figure)).Select(sample => sample[figure])] : [];

    /// <summary>One side's value by another's, round by round: what slows the machine for a while slows both.</summary>
    public IReadOnlyList<double> Ratios(string side, string other, Figure figure) =>
        [.. Values(side, figure).Zip(Values(other, figure)).Where(pair => pair.Second > 0).Select(pair => pair.First / pair.Second)];

    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count % 2 == 1 ? sorted[sorted.Count / 2] : (sorted[(sorted.Count / 2) - 1] + sorted[sorted.Count / 2]) / 2;
    }
}
