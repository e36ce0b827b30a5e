using System.Globalization;

namespace LoadBench.Measuring;

/// <summary>Prints comparisons as tables that Markdown reads: ratios first, each with its lowest and highest round, then medians.</summary>
internal static class Table
{
    /// <param name="main">The side that the goals are about.</param>
    public static void Print(Comparison comparison, string main, TextWriter output)
    {
        var others = comparison.Sides.Where(side => side != main).ToList();
        List<string[]> rows =
        [
            [comparison.Scenario, .. others.Select(other => $"{main} ÷ {other}"), .. comparison.Sides.Order(new MainFirst(main)), "goal"],
        ];
        foreach (var figure in comparison.Figures)
        {
            rows.Add(
            [
                figure.Name, .. others.Select(other => Ratio(comparison, main, other, figure)),
                .. comparison.Sides.Order(new MainFirst(main)).Select(side => Value(comparison.Values(side, figure), figure)),
                Verdict(comparison, main, figure),
            ]);
        }

        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToList();
        output.WriteLine();
        for (var index = 0; index < rows.Count; index++)
        {
            output.WriteLine($"| {string.Join(" | ", rows[index].Select((cell, column) => cell.PadRight(widths[column])))} |");
            if (index == 0)
            {
                output.WriteLine($"|{string.Join('|', widths.Select(width => new string('-', width + 2)))}|");
            }
        }

        output.Flush();
    }

    private static string Ratio(Comparison comparison, string main, string other, Figure figure) =>
        figure.Compared && comparison.Ratios(main, other, figure) is { Count: > 0 } ratios
            ? $"{Text(Comparison.Median(ratios), 2)} ({Text(ratios.Min(), 2)}–{Text(ratios.Max(), 2)})"
            : "";

    private static string Value(IReadOnlyList<double> values, Figure figure) => values.Count == 0
        ? ""
        : figure.Compared
            ? Text(Comparison.Median(values), figure.Digits)
            : $"{Text(Comparison.Median(values), figure.Digits)} ({Text(values.Min(), figure.Digits)}–{Text(values.Max(), figure.Digits)})";

    private static string Verdict(Comparison comparison, string main, Figure figure)
    {
        if (figure.Goal is not { } goal)
        {
            return "";
        }

        var values = goal.OfRatio ? comparison.Ratios(main, Stages.Side.Nginx, figure) : comparison.Values(main, figure);
        var met = values.Count == 0 ? "not measured" : goal.IsMetBy(Comparison.Median(values)) ? "met" : "MISSED";
        return $"{(goal.AtLeast ? "≥" : "≤")} {goal.Limit.ToString(CultureInfo.InvariantCulture)}{(goal.OfRatio ? "×" : "")}: {met}";
    }

    private static string Text(double value, int digits) => value.ToString($"F{digits}", CultureInfo.InvariantCulture);

    private sealed class MainFirst(string main) : IComparer<string>
    {
        public int Compare(string? left, string? right) => (left == main ? 0 : 1) - (right == main ? 0 : 1);
    }
}
