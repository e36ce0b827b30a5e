using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Messages;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;
using Dovetail.Tests.Nodes.Fakes;
using Known = Dovetail.Nodes.Decisions.Conditions;

namespace Dovetail.Tests.Notifications.Messages;

public sealed class FindingReaderTests
{
    private const string LoginUrl = "https://login.example/a/1";

    private static readonly DockerHealth Well = new() { Connected = true };

    [Fact]
    public void A_login_url_is_told_only_where_it_is_asked_for()
    {
        var report = Report(Node("web", Known.NeedsLogin(LoginUrl), Known.LoginFailed($"see {LoginUrl}", "web")) with { LoginUrl = LoginUrl });

        var discreet = Read(report);
        Assert.All(discreet, finding => Assert.DoesNotContain(LoginUrl, finding.Text + finding.Fix, StringComparison.Ordinal));
        Assert.Contains("dovetail login web", discreet[0].Fix, StringComparison.Ordinal);

        Assert.Contains(LoginUrl, Read(report, tellsLoginUrls: true)[0].Text, StringComparison.Ordinal);

        // One that is not there yet: "here" would be in the message.
        var early = Report(Node("web", Known.NeedsLogin(null)));
        Assert.Contains("dovetail login web", Read(early, tellsLoginUrls: true)[0].Fix, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dashboards_page_of_the_service_is_where_to_go_while_the_dashboard_is_well()
    {
        var home = new NodeReport
        {
            Service = new ServiceSpec { Name = "home", IsOwn = true },
            State = NodeState.Ready,
            Since = TestClock.Noon,
            Url = "https://home.tailtest.ts.net",
        };
        var web = Node("web", Known.NeedsLogin(LoginUrl)) with { LoginUrl = LoginUrl };

        var finding = Assert.Single(Read(Report(home, web)));
        Assert.Equal($"https://home.tailtest.ts.net{DashboardView.Services}web", finding.Link);
        Assert.Contains(finding.Link!, finding.Fix, StringComparison.Ordinal);

        Assert.Null(Assert.Single(Read(Report(home with { State = NodeState.NeedsLogin }, web))).Link);
    }

    [Fact]
    public void An_Engine_that_is_not_to_be_is_not_away_and_a_mistake_in_a_services_file_is_said_of_that()
    {
        var report = Report(Node("web")) with
        {
            Rejected =
            [
                new RejectedContainer("/etc/services.yaml", null, "cannot be read"),
                new RejectedContainer("/etc/services.yaml:7", "nas", "a bad word"),
            ],
        };

        var findings = new FindingReader(Severity.Problem, tellsLoginUrls: false).Read(report, new DockerHealth { IsNone = true }).Items;

        Assert.Equal(
            ["/etc/services.yaml: cannot be read", "/etc/services.yaml:7 is refused: a bad word"],
            findings.Select(finding => finding.Text));
        Assert.All(findings, finding => Assert.StartsWith("Correct the services file", finding.Fix, StringComparison.Ordinal));
    }

    [Fact]
    public void Notices_are_told_only_where_they_are_asked_for()
    {
        var report = Report(Node("web", new Condition("name-taken", Severity.Notice, "taken", "fix")));

        Assert.Empty(Read(report));
        Assert.Equal("name-taken", Assert.Single(Read(report, Severity.Notice)).Id);
    }

    [Fact]
    public void Several_of_a_kind_are_one_and_refused_containers_are_told_of()
    {
        Condition away = new("upstream-unreachable", Severity.Problem, "container a cannot be reached", "fix");
        var report = Report(Node("web", away, away with { Text = "container b cannot be reached" })) with
        {
            Rejected = [new RejectedContainer("blog", null, "a bad label"), new RejectedContainer("blog2", "notes", "taken")],
        };

        var findings = Read(report);
        Assert.Equal(["web", "blog", "notes"], findings.Select(finding => finding.Subject));
        Assert.Equal("container a cannot be reached (and 1 more of its kind)", findings[0].Text);
        Assert.Equal("container blog is refused: a bad label", findings[1].Text);
    }

    [Fact]
    public void Docker_has_to_be_away_for_a_minute()
    {
        var reader = new FindingReader(Severity.Problem, false);
        var finding = Assert.Single(reader.Read(Report(), new DockerHealth { Connected = false, LastError = "no such file" }).Items);

        Assert.Equal((FindingReader.DockerSubject, TimeSpan.FromMinutes(1)), (finding.Subject, finding.AtLeast));
        Assert.Contains("no such file", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_engines_each_is_missed_by_its_name()
    {
        var away = new DockerHealth { Connected = false, LastError = "refused" };
        var findings = new FindingReader(Severity.Problem, false).Read(
            Report(), Well, [new EngineHealth("nas", "tcp://nas:2375", away), new EngineHealth("pi", "ssh://pi", Well)]).Items;

        var finding = Assert.Single(findings);
        Assert.Equal(("Docker nas", "docker-away"), (finding.Subject, finding.Id));
        Assert.Equal("the Docker Engine nas is away: refused", finding.Text);
        Assert.Contains("DOVETAIL_DOCKER_HOSTS", finding.Fix, StringComparison.Ordinal);
    }

    private static IReadOnlyList<Finding> Read(
        ReconcilerReport report, Severity least = Severity.Problem, bool tellsLoginUrls = false) =>
        new FindingReader(least, tellsLoginUrls).Read(report, Well).Items;

    private static NodeReport Node(string name, params Condition[] conditions) => new()
    {
        Service = new ServiceSpec { Name = name },
        State = NodeState.NeedsLogin,
        Since = TestClock.Noon,
        Conditions = [.. conditions],
    };

    private static ReconcilerReport Report(params NodeReport[] nodes) =>
        new() { Nodes = [.. nodes], Rejected = [], Warnings = [], LastReconciled = TestClock.Noon };
}
