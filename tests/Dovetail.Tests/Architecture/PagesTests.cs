using System.Text.RegularExpressions;
using Dovetail.Configuration;
using Dovetail.Services.Labels;

namespace Dovetail.Tests.Architecture;

/// <summary>The pages beside the README name what there is, and lead to what there is.</summary>
public sealed partial class PagesTests
{
    private static readonly string[] LabelForms = ["services", "tcp"];

    public static TheoryData<string> Pages => new(
        Directory.GetFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Where(file => !file.StartsWith("tests", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)
                && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order());

    [Fact]
    public void Troubleshooting_has_every_condition_once_and_no_other()
    {
        var source = string.Concat(
            Directory.GetFiles(Path.Combine(Repository.Root, "src", "Dovetail", "Nodes", "Decisions"), "*Conditions.cs")
                .Select(File.ReadAllText));
        var inCode = Quoted().Matches(source).Select(match => match.Groups["name"].Value).Distinct();
        var page = Read(".github/TROUBLESHOOTING.md");
        var table = page[page.IndexOf("| condition |", StringComparison.Ordinal)..];

        Assert.Equal(
            inCode.Order(),
            table[..table.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n').Skip(2).Select(row => row.Split('`')[1]).Order());
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_within_the_repository_lead_somewhere(string page)
    {
        var directory = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        Assert.All(
            Link().Matches(Read(page)).Select(match => match.Groups["target"].Value)
                .Where(target => !target.Contains(':', StringComparison.Ordinal)),
            target =>
            {
                var (file, anchor) = target.Split('#') is [var name, var part] ? (name, part) : (target, "");
                var path = file.Length == 0 ? Path.Combine(Repository.Root, page) : Path.Combine(directory, file);
                Assert.True(File.Exists(path) || Directory.Exists(path), $"{page}: {target}");
                Assert.True(anchor.Length == 0 || Anchors(File.ReadAllText(path)).Contains(anchor), $"{page}: {target}");
            });
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Labels_and_variables_are_Dovetails(string page)
    {
        var text = Read(page);
        Assert.Empty(
            Label().Matches(text).Select(match => match.Groups["name"].Value)
                .Except(ServiceLabels.All.Select(label => label.Name)).Except(LabelForms)
                // Files, and this repository's projects.
                .Except(["sock", "sln", "service", "json", "lock"]));
        Assert.Empty(
            Variable().Matches(text).Select(match => match.Value)
                .Where(variable => !variable.StartsWith("DOVETAIL_TEST_", StringComparison.Ordinal))
                .Except(Settings.All.Select(setting => setting.Variable)));
    }

    [Fact]
    public void The_README_stays_one_page_to_start_from() =>
        Assert.InRange(Repository.Readme.Split('\n').Length, 100, 470);

    private static string Read(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    // As GitHub makes them of headings.
    private static IEnumerable<string> Anchors(string text) => Heading().Matches(text)
        .Select(match => NotInAnchor().Replace(match.Groups["text"].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex("\"(?<name>[a-z]+(?:-[a-z]+)+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^a-z0-9 _-]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"`dovetail\.(?<name>[a-z]+)")]
    private static partial Regex Label();

    [GeneratedRegex(@"\bDOVETAIL_[A-Z]+(?:_[A-Z]+)*\b(?!…)")]
    private static partial Regex Variable();
}
