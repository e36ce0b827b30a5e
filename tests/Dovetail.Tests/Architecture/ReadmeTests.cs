using System.Reflection;
using System.Text.RegularExpressions;
using Dovetail.Admin;
using Dovetail.Commands;
using Dovetail.Common;
using Dovetail.Configuration;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications;
using Dovetail.Services.Labels;
using Dovetail.Tests.Commands;

namespace Dovetail.Tests.Architecture;

/// <summary>
/// What the README names is in the code, and the other way round. The tables of labels and of variables are compared, with their
/// defaults, in <c>ServiceLabelsTests</c> and <c>SettingsTests</c>.
/// </summary>
public sealed partial class ReadmeTests
{
    // Variables of other programs, which the README mentions.
    private static readonly string[] ForeignVariables =
        [
            "TS_NETSTACK_KEEPALIVE_IDLE", "TS_NETSTACK_KEEPALIVE_INTERVAL", "NO_COLOR", "COMPOSE_PROFILES",
            // The near miss that README warns of.
            "TS_AUTH_KEY"];

    // Parts of the label that gives a container further services.
    private static readonly string[] LabelForms = ["services.ID", "services.admin.name", "tcp.PORT", "tcp.5432"];

    [Fact]
    public void Every_variable_in_the_text_is_a_setting() => Assert.Empty(
        Variable().Matches(Repository.Readme).Select(match => match.Value)
            .Except(Settings.All.Select(setting => setting.Variable))
            .Except(ForeignVariables));

    [Fact]
    public void Every_label_in_the_text_is_a_label() => Assert.Empty(
        Label().Matches(Repository.Readme).Select(match => match.Groups["name"].Value)
            .Except(ServiceLabels.All.Select(label => label.Name))
            .Except(LabelForms)
            // The admin socket, and this repository's solution.
            .Except(["sock", "sln"]));

    [Fact]
    public void The_table_of_conditions_is_the_list_of_conditions()
    {
        // Ids are literals of a few files; they are read from their source, as they are not in one place.
        var source = string.Concat(
            Directory.GetFiles(Path.Combine(Repository.Root, "src", "Dovetail", "Nodes", "Decisions"), "*Conditions.cs").Select(File.ReadAllText));
        var inCode = Quoted().Matches(source).Select(match => match.Groups["name"].Value).Distinct();

        var inReadme = Rows("condition").SelectMany(row => Backticked().Matches(row[0])).Select(match => match.Groups["name"].Value);
        Assert.Equal(inCode.Order(), inReadme.Order());
        Assert.Contains("no-upstream", inCode);
    }

    [Fact]
    public void Every_state_of_a_node_is_named() => Assert.All(
        Enum.GetNames<NodeState>(),
        state => Assert.Contains($"`{state}`", Repository.Readme, StringComparison.Ordinal));

    [Fact]
    public void The_table_of_exit_codes_is_the_one_of_the_help() => Assert.Equal(
        ExitCode.All.Select(code => code.Code.ToString(System.Globalization.CultureInfo.InvariantCulture)),
        Rows("exit code").Select(row => row[0]));

    [Fact]
    public async Task Every_command_and_every_option_is_named_and_there_is_no_other()
    {
        var named = Rows("command").Select(row => Command().Match(row[0]).Groups["name"].Value).Distinct().ToList();
        var (_, help, _) = await RunAsync("--help");
        var list = help[help.IndexOf("Commands:", StringComparison.Ordinal)..help.IndexOf("Examples:", StringComparison.Ordinal)];
        var commands = CommandRow().Matches(list)
            .Select(match => match.Groups["name"].Value).ToList();
        Assert.Equal(commands.Order(), named.Order());

        var known = new HashSet<string>(["--help", "--version"], StringComparer.Ordinal);
        foreach (var command in commands)
        {
            known.UnionWith(Option().Matches((await RunAsync(command, "--help")).Output).Select(match => match.Value));
        }

        var section = Section("## Commands", "### The status document");
        Assert.Empty(Option().Matches(section).Select(match => match.Value).Except(known));
        Assert.All(
            known.Except(Settings.All.Select(setting => setting.Option)).Except(["--help", "--version"]),
            option => Assert.Contains(option, section, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_field_of_the_status_document_is_in_its_example()
    {
        var example = Section("### The status document", "`state` is one of");
        Type[] documents =
            [
                typeof(StatusDocument), typeof(ServiceStatus), typeof(UpstreamStatus), typeof(ConditionStatus), typeof(ListenerStatus),
                typeof(ReceiverReport),
            ];
        // Left out of the example, as a service that is well has none.
        string[] absent = ["error", "loginUrl", "asleep"];

        Assert.All(
            documents.SelectMany(document => document.GetProperties(BindingFlags.Public | BindingFlags.Instance))
                .Select(property => char.ToLowerInvariant(property.Name[0]) + property.Name[1..])
                .Except(absent),
            field => Assert.Contains($"\"{field}\":", example, StringComparison.Ordinal));
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command) =>
        CommandLine.RunAsync(Terminal.None with { Screen = Screen.Plain }, TestContext.Current.CancellationToken, command);

    private static string Section(string from, string to)
    {
        var start = Repository.Readme.IndexOf(from, StringComparison.Ordinal);
        return Repository.Readme[start..Repository.Readme.IndexOf(to, start, StringComparison.Ordinal)];
    }

    /// <returns>The cells of each row of the table whose first column has this head.</returns>
    private static List<string[]> Rows(string head)
    {
        List<string[]> rows =
        [
            .. Repository.Readme.Split('\n')
                .SkipWhile(line => !line.StartsWith($"| {head} |", StringComparison.Ordinal))
                .Skip(2)
                .TakeWhile(line => line.StartsWith('|'))
                .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
        ];
        Assert.NotEmpty(rows);
        return rows;
    }

    [GeneratedRegex(@"\b(?:DOVETAIL|TS|OTEL)_[A-Z]+(?:_[A-Z]+)*\b(?!…)|\bNO_COLOR\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\bdovetail\.(?<name>(?:services|tcp)\.[A-Za-z0-9]+(?:\.[a-z]+)?|[a-z]+)")]
    private static partial Regex Label();

    [GeneratedRegex("\"(?<name>[a-z]+(?:-[a-z]+)+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("`(?<name>[^`]+)`")]
    private static partial Regex Backticked();

    [GeneratedRegex("`dovetail (?<name>[a-z]+)")]
    private static partial Regex Command();

    [GeneratedRegex(@"^  (?<name>[a-z]+) ", RegexOptions.Multiline)]
    private static partial Regex CommandRow();

    [GeneratedRegex(@"--[a-z][a-z-]*")]
    private static partial Regex Option();
}
