using System.Text.Json;
using System.Text.RegularExpressions;

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
