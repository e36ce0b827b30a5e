using Dovetail.Admin;
using Dovetail.Dashboard;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Identity;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Dashboard;

public sealed class PageTests
{
    private const string Attack = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("/status")]
    [InlineData("/services/web")]
    public void Nothing_that_comes_from_outside_becomes_markup(string path)
    {
        var service = Service() with
        {
            Url = "https://web.example.ts.net/" + Attack,
            DnsName = Attack,
            Origin = Attack,
            LoginUrl = "https://login.example/" + Attack,
            Addresses = [Attack],
            Certificate = new CertificateStatus(Attack, Now.AddDays(30)),
            Upstreams = [new UpstreamStatus(Attack, "http://" + Attack, Attack, Attack), new UpstreamStatus(null, Attack, Attack, Attack)],
            Conditions = [new ConditionStatus("no-upstream", "Problem", Attack, Attack)],
        };
        var status = Status(service) with
        {
            Docker = new DockerStatus("unix:///x", false, Attack, null),
            Engines = [new EngineStatus("nas", Attack, false, Attack, null)],
            Rejected = [new RejectedContainer(Attack, "web", Attack)],
            Warnings = [new ContainerWarning(Attack, "web", Attack)],
        };
        var eve = new Visitor(
            new PeerIdentity(FakeDirectory.Ada with { User = new PeerUser(Attack + "@example.com", Attack, Attack, Attack) }),
            VisitorTests.Options("*@example.com", false, "*@example.com"));

        var page = path == "/status"
            ? StatusPage.Render(status, "home", _ => None, Now)
            : ServicePage.Render(status, service, "home", None, [Attack, "\0\e[31m" + Attack], Attack, true, Now);
        var html = page.Document(eve, Now);

        Assert.DoesNotContain("<script>", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\"'>", html, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', html);
        // It is there, as text.
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.True(eve.IsViewer);
    }

    [Fact]
    public void Of_several_engines_those_that_are_away_are_named()
    {
        var status = Status(Service()) with
        {
            Engines =
            [
                new EngineStatus("nas", "tcp://nas:2376", false, "connection refused", null),
                new EngineStatus("pi", "ssh://pi", true, null, Now),
            ],
        };

        var html = StatusPage.Render(status, "home", _ => None, Now).Main.ToString();

        Assert.Contains("id=\"docker-nas\"><strong>Docker Engine nas is away:</strong> connection refused</p>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("docker-pi", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_login_address_that_is_no_address_of_the_web_is_not_to_be_pressed()
    {
        var html = StatusPage.Render(Status(Service() with { LoginUrl = "javascript:alert(1)" }), "home", _ => None, Now).Main.ToString();

        Assert.DoesNotContain("href=\"javascript", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_of_all_says_what_is_wrong_and_what_to_do()
    {
        var login = Service("notes") with
        {
            State = "NeedsLogin",
            Url = null,
            Certificate = null,
            LoginUrl = "https://login.example/a/1",
            Upstreams = [],
            Conditions = [new ConditionStatus("needs-login", "Problem", "the node is not logged in", "Open it or set TS_AUTHKEY.")],
        };

        var html = StatusPage.Render(
            Status(login, Service()), "home", name => name == "web" ? new ServiceRequests(1234, 5, 6, 7) : None, Now).Main.ToString();

        Assert.Contains("1 of 2 services ready", html, StringComparison.Ordinal);
        Assert.Contains("<strong>Problem:</strong> the node is not logged in</p><p>Open it or set TS_AUTHKEY.", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://login.example/a/1\" rel=\"noopener noreferrer\">Log notes in</a>", html, StringComparison.Ordinal);
        Assert.Contains("<a id=\"more-web\" href=\"/services/web\">web</a>", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://web.example.ts.net\"", html, StringComparison.Ordinal);
        Assert.Contains("shop-web-1 at http://172.18.0.4:80, healthy", html, StringComparison.Ordinal);
        Assert.Contains("(30 d left)", html, StringComparison.Ordinal);
        Assert.Contains("7 in the last minute, 1,234 in all (4xx: 5, 5xx: 6)", html, StringComparison.Ordinal);
        // No order is to be given here.
        Assert.DoesNotContain("<form", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_token_there_is_no_order_to_give()
    {
        string Html(string? token) =>
            ServicePage.Render(Status(Service()), Service(), "home", None, ["a line"], token, false, Now).Main.ToString();

        Assert.DoesNotContain("<form", Html(null), StringComparison.Ordinal);
        Assert.Contains("action=\"/services/web/restart\"", Html("secret"), StringComparison.Ordinal);
        Assert.Contains("a line\n", Html(null), StringComparison.Ordinal);
    }

    [Fact]
    public void The_start_page_names_only_services_that_let_the_visitor_in()
    {
        NodeReport[] nodes =
        [
            Node("album", null, NodeState.Ready),
            Node("home", null, NodeState.Ready, isOwn: true),
            Node("for-ada", "ada@example.com", NodeState.Ready),
            Node("for-bob", "bob@example.com", NodeState.Ready),
            Node("starting", null, NodeState.Starting),
        ];
        var ada = new Visitor(new PeerIdentity(FakeDirectory.Ada), VisitorTests.Options("", true, ""));

        var page = StartPage.Render(nodes, ada);
        var html = page.Document(ada, Now);

        Assert.Contains("href=\"https://album.example.ts.net\"", html, StringComparison.Ordinal);
        Assert.Contains("href=\"https://for-ada.example.ts.net\"", html, StringComparison.Ordinal);
        Assert.DoesNotContain("for-bob", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://home", html, StringComparison.Ordinal);
        Assert.Equal(1, html.Split("not ready").Length - 1);
        // Neither the other page nor the version is for somebody who is not named.
        Assert.DoesNotContain("/status", html, StringComparison.Ordinal);
        Assert.DoesNotContain(StatusMapper.Version, html, StringComparison.Ordinal);
    }

    private static ServiceRequests None => new(0, 0, 0, 0);

    private static NodeReport Node(string name, string? allow, NodeState state, bool isOwn = false) => new()
    {
        Service = new ServiceSpec
        {
            Name = name,
            IsOwn = isOwn,
            Allow = allow is null ? [] : Rules.Of(allow),
            Upstreams = [new Upstream { ContainerId = name, ContainerName = name, Scheme = UpstreamScheme.Http, Host = "172.18.0.4", Port = 80, Route = "" }],
        },
        State = state,
        Since = Now,
        Url = state == NodeState.Ready ? $"https://{name}.example.ts.net" : null,
    };

    private static StatusDocument Status(params ServiceStatus[] services) => new()
    {
        Version = "1.0",
        Docker = new DockerStatus("unix:///x", true, null, Now),
        Services = services,
        Rejected = [],
        Warnings = [],
    };

    private static ServiceStatus Service(string name = "web") => new()
    {
        Name = name,
        Url = $"https://{name}.example.ts.net",
        State = "Ready",
        Since = Now.AddHours(-3),
        Addresses = ["100.64.0.1"],
        Certificate = new CertificateStatus($"{name}.example.ts.net", Now.AddDays(30)),
        Upstreams = [new UpstreamStatus("shop-web-1", "http://172.18.0.4:80", "Healthy", "a shared network")],
        Conditions = [],
        Tailscaled = new TailscaledStatus(42, 0, []),
    };
}
