using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>How many cases are tried, and how a failed one is told so that it can be had again.</summary>
internal static partial class FuzzRun
{
    private static readonly bool IsFull = Environment.GetEnvironmentVariable("DOVETAIL_TEST_FULL") is { Length: > 0 };
    private static readonly TimeSpan MostTime = IsFull ? TimeSpan.FromHours(2) : TimeSpan.FromMinutes(1);

    // The same on every machine that is not very slow: an ordinary run is no search for new cases. A search in parts: DOVETAIL_TEST_CASES.
    private static readonly int Rounds = Number("DOVETAIL_TEST_CASES") ?? (IsFull ? 350_000 : 1_500);

    private const int LeastCases = 100;
    private const int MostKinds = 20;

    /// <summary>Another one tries other cases: <c>DOVETAIL_TEST_SEED=7</c>.</summary>
    private static readonly int Seed = Number("DOVETAIL_TEST_SEED") ?? 1;

    /// <summary>Where to begin, to have one case again: <c>DOVETAIL_TEST_CASE=123</c>.</summary>
    private static readonly int First = Number("DOVETAIL_TEST_CASE") ?? 0;

    /// <param name="one">Tries the case that a random source makes; gives what is wrong, null for nothing, and what was tried.</param>
    public static async Task AsManyAsync(Func<Random, Task<(string? Wrong, string Tried)>> one)
    {
        var watch = Stopwatch.StartNew();
        var failures = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var round = First;
        for (; round < First + Rounds && watch.Elapsed < MostTime && failures.Count < MostKinds; round++)
        {
            // Each case has a source of its own, so that one can be had again without those before it.
            var (wrong, tried) = await one(new Random(unchecked((Seed * 16_777_619) ^ round)));
            if (wrong is not null)
            {
                // One of each kind.
                failures.TryAdd(wrong.Split(':')[0], $"DOVETAIL_TEST_SEED={Seed} DOVETAIL_TEST_CASE={round}: {Shown(wrong)}\n{Shown(tried)}");
            }
        }

        var cases = round - First;
        Assert.True(failures.Count == 0, $"Of {cases} cases:\n{string.Join("\n\n", failures.Values)}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{cases} cases in {watch.Elapsed.TotalSeconds:F1} s");
        Assert.True(cases >= LeastCases, $"Only {cases} cases in {watch.Elapsed}.");
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Shown(string text)
    {
        var shown = new StringBuilder();
        text = LongRun().Replace(text, static run => $"x[{run.Length} times]");
        foreach (var c in text.Length > 3000 ? text[..3000] + "[...]" : text)
        {
            _ = c switch
            {
                '\r' => shown.Append("\\r"),
                '\n' => shown.Append("\\n\n"),
                < ' ' or > '~' => shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => shown.Append(c),
            };
        }

        return shown.ToString();
    }

    [GeneratedRegex("x{40,}")]
    private static partial Regex LongRun();
}
