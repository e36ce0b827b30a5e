using System.Text.RegularExpressions;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services.Labels;

public sealed partial class ServiceLabelsTests
{
    /// <summary>Each shared label with a value that is not its default; the values of a container's own labels may differ.</summary>
    public static TheoryData<string, string, bool> Labels => new()
    {
        { "tags", "tag:a", true },
        { "tls", "on", true },
        { "redirect", "false", true },
        { "redirects", "keep", true },
        { "headers", "x-webauth", true },
        { "allow", "a@example.com", true },
        { "identity", "false", true },
        { "funnel", "true", true },
        { "hold", "1s", true },
        { "health", "ignore", true },
        { "accesslog", "true", true },
        { "wake", "5m", true },
        // Where one has none, neither sleeps.
        { "sleep", "1h", false },
        { "memory", "64m", true },
        { "forwarded", "off", true },
        { "forwarded.from", "tag:proxy", true },
        { "passheaders", "Remote-User", true },
        { "tcp.22", "22", true },
        { "scheme", "h2c", false },
        { "network", "proxy", false },
        { "loadbalance", "true", false },
        { "port", "81", false },
        { "enable", "true", false },
        { "name", "web", false },
    };

    [Theory]
    [MemberData(nameof(Labels))]
    public void Replicas_differ_in_the_settings_of_the_service_only(string label, string value, bool differs)
    {
        var one = Parse(("name", "web"), ("port", "80"));
        var other = Parse(("name", "web"), ("port", "80"), (label, value));

        Assert.Equal(differs ? [NameOf(label)] : [], ServiceLabels.Differing(one, other));
        Assert.Empty(ServiceLabels.Differing(other, other));
    }

    [Fact]
    public void Replicas_differ_where_only_one_has_http()
    {
        var web = Parse(("name", "web"), ("port", "80"), ("tcp.22", "22"));
        var raw = Parse(("name", "web"), ("tcp.22", "2222"));

        Assert.Equal(["port"], ServiceLabels.Differing(web, raw));
    }

    [Fact]
    public void Every_label_is_known_and_named_once() => Assert.Equal(
        ServiceLabels.All.Select(label => label.Name).Order(),
        Labels.Select(label => NameOf(label.Data.Item1)).Order());

    [Theory]
    [InlineData("tcp", false)]
    [InlineData("tcp.", true)]
    [InlineData("tcp.x", true)]
    [InlineData("tcpx", false)]
    [InlineData("port", true)]
    [InlineData("port.", false)]
    [InlineData("Port", false)]
    [InlineData("services.a", false)]
    [InlineData("", false)]
    public void A_label_is_known_by_its_whole_name_or_what_precedes_its_parameter(string name, bool known) =>
        Assert.Equal(known, ServiceLabels.IsKnown(name));

    [Theory]
    [InlineData("prot", "port")]
    [InlineData("PORTS", "port")]
    [InlineData("alow", "allow")]
    [InlineData("tsl", "tls")]
    [InlineData("tcp", null)]
    [InlineData("tcp.port", "tcp.<port>")]
    [InlineData("middlewares", null)]
    [InlineData("", null)]
    [InlineData("loadbalanceloadbalanceloadbalance", null)]
    public void The_nearest_label_is_at_most_a_typing_error_away(string name, string? nearest) =>
        Assert.Equal(nearest, ServiceLabels.Nearest(name));

    [Fact]
    public void The_readme_names_each_label_that_there_is_and_no_other()
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var named = LabelRow().Matches(readme).Select(row => row.Groups["name"].Value).Where(name => name != "services.ID.…");
        var known = ServiceLabels.All.Select(label =>
            label.Parameter is null ? label.Name : $"{label.Name}.{label.Parameter.ToUpperInvariant()}");

        Assert.Equal(known.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.Contains($"| `dovetail.{ServiceLabels.ServicesPrefix}ID.…` |", readme, StringComparison.Ordinal);
    }

    // Of "tcp.22" what precedes the parameter.
    private static string NameOf(string label) => label.StartsWith("tcp.", StringComparison.Ordinal) ? "tcp" : label;

    private static ServiceDeclaration Parse(params (string Name, string Value)[] labels)
    {
        var container = SampleContainer.With([.. labels.Select(label => $"dovetail.{label.Name}={label.Value}").Distinct()]);
        return Assert.Single(LabelParser.Parse(container, new ServiceOptions { AllowFunnel = true }).Services);
    }

    // A row of a table whose first cell is a label.
    [GeneratedRegex(@"^\| `dovetail\.(?<name>[^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex LabelRow();
}
