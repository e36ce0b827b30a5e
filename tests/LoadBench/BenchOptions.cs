using System.Globalization;

namespace LoadBench;

/// <summary>What the command line of the benchmark says.</summary>
/// <param name="Quick">Try everything in short: two rounds, a second each, small transfers. Its figures say nothing.</param>
/// <param name="Rounds">How often each side is measured, in turn; the table shows medians. At least 1.</param>
/// <param name="Seconds">How long each round of a load lasts.</param>
/// <param name="Megabytes">Size of a transfer, in MiB.</param>
/// <param name="FarMegabytes">Size of a transfer over the slow link, in MiB.</param>
/// <param name="Against">Another build of Dovetail, measured in the same run; null: none.</param>
/// <param name="Scenarios">Names or their beginnings; empty: all but the soak.</param>
/// <param name="SoakRequests">How many requests the soak sends.</param>
internal sealed record BenchOptions(
    bool Quick,
    int Rounds,
    int Seconds,
    int Megabytes,
    int FarMegabytes,
    string? Against,
    IReadOnlyList<string> Scenarios,
    long SoakRequests)
{
    public const string Usage =
        """
        usage: tests/bench [--real] [--quick] [--rounds N] [--seconds N] [--size MIB] [--far-size MIB] [--against PROGRAM] [--list] [SCENARIO…]
               tests/bench soak [REQUESTS]
        """;

    /// <exception cref="FormatException">The arguments are not as in <see cref="Usage"/>; the message says why.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> arguments)
    {
        var quick = arguments.Contains("--quick");
        var options = quick
            ? new BenchOptions(quick, Rounds: 2, Seconds: 1, Megabytes: 32, FarMegabytes: 4, Against: null, [], SoakRequests: 20_000)
            : new BenchOptions(quick, Rounds: 5, Seconds: 5, Megabytes: 1024, FarMegabytes: 128, Against: null, [], SoakRequests: 10_000_000);
        var scenarios = new List<string>();
        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            options = argument switch
            {
                "--quick" => options,
                "--rounds" => options with { Rounds = Number(arguments, ++index) },
                "--seconds" => options with { Seconds = Number(arguments, ++index) },
                "--size" => options with { Megabytes = Number(arguments, ++index) },
                "--far-size" => options with { FarMegabytes = Number(arguments, ++index) },
                "--against" => options with { Against = Path.GetFullPath(Value(arguments, ++index)) },
                _ when argument.StartsWith('-') => throw new FormatException($"there is no option {argument}"),
                _ => options,
            };
            if (argument.StartsWith('-'))
            {
                continue;
            }

            if (long.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out var requests))
            {
                options = scenarios is ["soak"] && requests > 0
                    ? options with { SoakRequests = requests }
                    : throw new FormatException($"{argument} is no scenario; only soak takes a number");
            }
            else
            {
                scenarios.Add(argument);
            }
        }

        return options.Against is null or { Length: 0 } || File.Exists(options.Against)
            ? options with { Scenarios = scenarios }
            : throw new FormatException($"--against names no file: {options.Against}");
    }

    private static string Value(IReadOnlyList<string> arguments, int index) =>
        index < arguments.Count ? arguments[index] : throw new FormatException($"{arguments[index - 1]} needs a value");

    private static int Number(IReadOnlyList<string> arguments, int index) =>
        int.TryParse(Value(arguments, index), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{arguments[index - 1]} needs a number above 0, not {arguments[index]}");
}
