using System.Globalization;

namespace LoadBench.Load;

/// <summary>What the load generators print.</summary>
internal static class Tools
{
    private static readonly (string Unit, double Seconds)[] Units = [("us", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>A time such as <c>635.00us</c> or <c>1.20s</c>, in seconds.</summary>
    public static double Time(string text)
    {
        var (unit, seconds) = Units.First(known => text.EndsWith(known.Unit, StringComparison.Ordinal));
        return Number(text[..^unit.Length]) * seconds;
    }

    public static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The words of the first line that holds <paramref name="mark"/>.</summary>
    /// <exception cref="InvalidOperationException">The tool printed no such line.</exception>
    public static string[] Line(CommandResult result, string mark)
    {
        var line = result.Stdout.Split('\n').FirstOrDefault(line => line.Contains(mark, StringComparison.Ordinal))
            ?? throw new InvalidOperationException($"no line with '{mark}': {result}");
        return line.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
    }
}
