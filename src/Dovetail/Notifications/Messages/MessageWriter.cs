using System.Globalization;
using Dovetail.Common;
using Dovetail.Nodes.Facts;

namespace Dovetail.Notifications.Messages;

/// <summary>Puts changes into words: what is the case of many is said once.</summary>
/// <param name="host">Name of the machine.</param>
internal sealed class MessageWriter(string host)
{
    private const int MostOfText = 400;
    private const int MostNames = 5;

    // More than so many of one kind, that differ in their words, are one part.
    private const int MostAlike = 3;

    private readonly string _host = Printable.Text(host, 64);

    public Message Write(IReadOnlyList<Change> changes, DateTimeOffset now)
    {
        var links = changes.Select(static change => change.Finding.Link).Distinct(StringComparer.Ordinal).ToList();
        return new Message
        {
            Title = Cut($"{_host}: {TitleOf(changes)}", Message.MostOfTitle),
            Parts = [.. PartsOf(changes, now)],
            IsBad = AreProblems(changes, begin: true),
            Link = links is [var only] ? only : null,
            Host = _host,
            At = now,
            Changes = [.. changes],
        };
    }

    /// <summary>What <c>dovetail notify</c> sends.</summary>
    public Message Test(DateTimeOffset now) => new()
    {
        Title = $"{_host}: a test of Dovetail's notifications",
        Parts = ["This receiver gets what Dovetail has to tell. There is nothing to do."],
        IsBad = false,
        Host = _host,
        At = now,
    };

    private static string TitleOf(IReadOnlyList<Change> changes)
    {
        var began = Subjects(changes, static change => change.Kind == ChangeKind.Began);
        var over = Subjects(changes, static change => change.Kind != ChangeKind.Began);
        var beginning = (began, AreProblems(changes, begin: true)) switch
        {
            ([], _) => "",
            ([var one], true) => $"{one} has a problem",
            ([var one], _) => $"a notice about {one}",
            (_, true) => $"{Number(began.Count)} services have problems",
            _ => $"notices about {Number(began.Count)} services",
        };
        var end = (over, AreProblems(changes, begin: false)) switch
        {
            ([], _) => "",
            ([var one], true) => $"a problem of {one} is over",
            ([var one], _) => $"a notice about {one} no longer holds",
            (_, true) => $"problems of {Number(over.Count)} services are over",
            _ => $"notices about {Number(over.Count)} services no longer hold",
        };
        return beginning.Length > 0 && end.Length > 0 ? $"{beginning}; {end}" : beginning + end;
    }

    private static bool AreProblems(IReadOnlyList<Change> changes, bool begin) => changes.Any(
        change => change.Finding.Severity == Severity.Problem && (change.Kind == ChangeKind.Began) == begin);

    private static IEnumerable<string> PartsOf(IReadOnlyList<Change> changes, DateTimeOffset now) =>
        changes.OrderBy(static change => change.Kind)
            .ThenByDescending(static change => change.Finding.Severity)
            .GroupBy(static change => (change.Kind, change.Finding.Id))
            .SelectMany(alike =>
            {
                var same = alike.GroupBy(static change => (change.Finding.Text, change.Finding.Fix)).ToList();
                return same.Count <= MostAlike
                    ? same.Select(group => PartOf([.. group], now, isExample: false))
                    : [PartOf([.. alike], now, isExample: true)];
            });

    /// <param name="isExample">The words are those of the first; the others are like it.</param>
    private static string PartOf(IReadOnlyList<Change> changes, DateTimeOffset now, bool isExample)
    {
        var (first, finding) = (changes[0], changes[0].Finding);
        var text = Sentence(Cut(Printable.Line(finding.Text), MostOfText));
        var example = isExample ? "such as " : "";
        var lasted = changes.Count == 1 ? $" after {Ages.Short(now - first.Since)}" : "";
        var said = first.Kind switch
        {
            ChangeKind.Began => $"{Names(changes)}: {example}{text}\n{Sentence(Cut(Printable.Line(finding.Fix), MostOfText))}",
            ChangeKind.Over => $"Over{lasted}: {Names(changes)}: {example}{text}",
            _ => $"No longer wanted: {Names(changes)}. Before: {example}{text}",
        };
        return said + Restless(changes);
    }

    private static string Restless(IReadOnlyList<Change> changes)
    {
        if (changes.Where(static change => change.QuietUntil is not null).Max(static change => change.QuietUntil) is not { } until)
        {
            return "";
        }

        var turns = changes.Max(static change => change.Turns);
        var howOften = turns > 1 ? $" ({Number(turns)} times since the last message)" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"\nIt comes and goes{howOften}: no more of it before {until.UtcDateTime:HH:mm} UTC.");
    }

    private static string Names(IReadOnlyList<Change> changes)
    {
        var names = Subjects(changes, static _ => true);
        return names.Count <= MostNames ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MostNames))} and {Number(names.Count - MostNames)} more";
    }

    private static List<string> Subjects(IEnumerable<Change> changes, Func<Change, bool> which) =>
        [.. changes.Where(which).Select(static change => Printable.Text(change.Finding.Subject, 80)).Distinct(StringComparer.Ordinal)];

    private static string Sentence(string text) => text is [.., '.' or '!' or '?' or '…'] ? text : text + ".";

    private static string Cut(string text, int most) => text.Length <= most ? text
        // Not in the middle of a surrogate pair.
        : text[..(char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1)] + "…";

    private static string Number(int count) => count.ToString(CultureInfo.InvariantCulture);
}
