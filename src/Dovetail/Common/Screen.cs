using System.Text;

namespace Dovetail.Common;

/// <summary>What text is laid out for. Nothing that it is given can control the terminal.</summary>
/// <param name="Colour">Whether it shows colours.</param>
/// <param name="Width">Columns; null: no line is wrapped or shortened, as in a file or a pipe.</param>
internal sealed record Screen(bool Colour, int? Width)
{
    // Narrower than this, wrapping makes nothing easier to read.
    private const int MinText = 20;

    // Codes of ECMA-48, "select graphic rendition".
    public const string Good = "32";
    public const string Waiting = "33";
    public const string Bad = "31";

    public static Screen Plain { get; } = new(false, null);

    public string Paint(string text, string code) => Colour ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>Appends a text behind <paramref name="lead"/>, wrapped at spaces; further lines begin under its first letter.</summary>
    /// <param name="lead">What stands before the text.</param>
    /// <param name="code">Colour of the text; null: none.</param>
    public void Append(StringBuilder to, string lead, string text, string? code = null)
    {
        lead = Printable.Line(lead);
        var room = Width is { } width ? Math.Max(width - lead.Length, MinText) : int.MaxValue;
        foreach (var line in Wrap(Printable.Line(text), room))
        {
            to.Append(lead).AppendLine(code is null ? line : Paint(line, code));
            lead = new string(' ', lead.Length);
        }
    }

    /// <summary>Appends rows in columns; nothing is cut, so a row may be wider than the screen.</summary>
    /// <param name="rows">The first is the head; all have the same number of cells.</param>
    /// <param name="colours">Of a cell's row and column, its colour; null: none.</param>
    /// <param name="afterRow">Appends what belongs under a row.</param>
    public void AppendTable(
        StringBuilder to, IReadOnlyList<string[]> rows, Func<int, int, string?> colours, Action<int>? afterRow = null)
    {
        rows = [.. rows.Select(static row => row.Select(Printable.Line).ToArray())];
        var widths = WidthsOf(rows);
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < widths.Length; column++)
            {
                var cell = rows[row][column];
                var isLast = column == widths.Length - 1;
                var padded = isLast ? cell : cell.PadRight(widths[column]);
                to.Append(colours(row, column) is { } code ? Paint(padded, code) : padded).Append(isLast ? "" : Gap);
            }

            to.AppendLine();
            afterRow?.Invoke(row);
        }
    }

    /// <summary>Whether the rows fit without a line that the screen would wrap.</summary>
    public bool Fits(IReadOnlyList<string[]> rows) =>
        Width is not { } width || WidthsOf(rows) is var widths && widths.Sum() + (Gap.Length * (widths.Length - 1)) <= width;

    private const string Gap = "   ";

    private static int[] WidthsOf(IReadOnlyList<string[]> rows) =>
        [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];

    private static IEnumerable<string> Wrap(string text, int room)
    {
        while (text.Length > room)
        {
            // A word that is longer than a line stays whole: it is most likely a URL, which a terminal lets one open.
            var end = text.LastIndexOf(' ', room);
            end = end > 0 ? end : text.IndexOf(' ', room);
            if (end < 0)
            {
                break;
            }

            yield return text[..end];
            text = text[(end + 1)..];
        }

        yield return text;
    }
}
