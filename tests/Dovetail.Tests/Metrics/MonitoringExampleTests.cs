using System.Text.Json;
using System.Text.RegularExpressions;
using Dovetail.Commands;
using Dovetail.Common;
using Dovetail.Compose;
using Dovetail.Tests.Commands;

namespace Dovetail.Tests.Metrics;

/// <summary>The alert rules and the dashboard ask for metrics that there are.</summary>
public sealed partial class MonitoringExampleTests
{
    private static readonly string Directory = Path.Combine(Repository.Root, "examples", "monitoring");

    // Parts of a histogram or a summary.
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    [Theory]
    [InlineData("alerts.yaml")]
    [InlineData("grafana/dovetail.json")]
    public void It_asks_for_metrics_that_the_readme_lists(string file)
    {
        var named = Metric().Matches(File.ReadAllText(Path.Combine(Directory, file))).Select(match => match.Value)
            .Select(name => Suffixes.Aggregate(name, static (left, suffix) =>
                left.EndsWith("_seconds" + suffix, StringComparison.Ordinal) ? left[..^suffix.Length] : left))
            .Distinct()
            .ToList();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains($"`{name}`", Repository.Readme, StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_collector_dovetail_sends_to_it_and_listens_nowhere()
    {
        var (exitCode, output, error) = await CommandLine.RunAsync(
            Terminal.None with { Screen = Screen.Plain }, TestContext.Current.CancellationToken,
            "check", "--compose", Path.Combine(Directory, "compose.yaml"), "--compose", Path.Combine(Directory, "collector.yaml"));
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("https://prometheus.TAILNET", output, StringComparison.Ordinal);

        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var model = new ComposeLoader(File.ReadAllText, missing).Load(
            [Path.Combine(Directory, "compose.yaml"), Path.Combine(Directory, "collector.yaml")],
            new ComposeDirectory(Directory, static _ => null));
        var project = new ComposeProjectReader(model, missing, "monitoring", static _ => null).Read(own: null);
        Assert.Equal("http://collector:4318", project.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        Assert.DoesNotContain("DOVETAIL_METRICS_ADDRESS", project.Environment.Keys);
        Assert.Equal(["monitoring_monitoring"], project.Snapshot.Own.Networks.Select(network => network.Name));
    }

    [Fact]
    public void The_dashboard_is_json_with_a_title_for_each_panel()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Directory, "grafana", "dovetail.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToList();

        Assert.NotEmpty(panels);
        Assert.Distinct(panels.Select(panel => panel.GetProperty("id").GetInt32()));
        Assert.All(panels, panel => Assert.NotEmpty(panel.GetProperty("title").GetString()!));
    }

    [GeneratedRegex(@"\b(?:dovetail_(?!service\b)[a-z_]+|http_server_[a-z_]+|process_[a-z_]+)")]
    private static partial Regex Metric();
}
