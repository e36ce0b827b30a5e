using LoadBench.Stages;

namespace LoadBench.Measuring;

/// <summary>Measures sides in turn, so that whatever changes about the machine meets them all.</summary>
internal static class Rounds
{
    /// <param name="measure">One round of one side.</param>
    /// <param name="warmUp">Whether each side is measured once without being counted.</param>
    public static async Task<Comparison> CompareAsync(
        string scenario, IReadOnlyList<Side> sides, int rounds, Func<Side, Task<Sample>> measure, bool warmUp = true)
    {
        var comparison = new Comparison(scenario);
        for (var round = warmUp ? -1 : 0; round < rounds; round++)
        {
            Progress.Say($"{scenario}: {(round < 0 ? "warm-up" : $"round {round + 1} of {rounds}")}");
            var samples = new Dictionary<Side, Sample>();
            // The one that went first goes last in the next.
            foreach (var side in round % 2 == 0 ? sides : sides.Reverse())
            {
                samples[side] = await measure(side);
            }

            foreach (var side in round < 0 ? [] : sides)
            {
                comparison.Add(side.Name, samples[side]);
            }
        }

        return comparison;
    }
}
