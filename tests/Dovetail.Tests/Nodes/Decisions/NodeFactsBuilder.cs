using System.Net;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Nodes.Decisions;

/// <summary>Facts of a node named <c>web</c> in the states that tests begin from.</summary>
internal static class NodeFactsBuilder
{
    public static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public static readonly ListenerPorts Ports = new(
        new IPEndPoint(IPAddress.Parse("127.83.1.2"), 8443),
        new IPEndPoint(IPAddress.Parse("127.83.1.2"), 8080),
        System.Collections.Immutable.ImmutableSortedDictionary<int, IPEndPoint>.Empty);

    private static readonly Upstream Container = new()
    {
        ContainerId = "c1",
        ContainerName = "web-1",
        Scheme = UpstreamScheme.Http,
        Host = "172.17.0.2",
        Port = 80,
        Route = "shared network bridge",
    };

    public static NodeFacts New(TlsMode tls = TlsMode.Auto) => new()
    {
        Service = new ServiceSpec { Name = "web", Tls = tls, Upstreams = [Container] },
        Identity = new NodeIdentity("web", [], null),
        Listener = new ListenerFacts { Ports = Ports },
    };

    public static NodeFacts NeedsLogin(string? key) => New() with
    {
        Tailnet = new TailnetFacts
        {
            Backend = BackendState.NeedsLogin,
            Prefs = new IpnPrefs { Hostname = "", ControlUrl = "", LoggedOut = true },
            Status = new IpnStatus { BackendState = BackendState.NeedsLogin, AuthUrl = "", Self = new IpnSelf() },
        },
        Login = new LoginFacts { Key = key },
    };

    public static NodeFacts Running(
        TlsMode tls = TlsMode.Auto, string dnsName = "web.tailtest.ts.net.", params string[] certDomains) => New(tls) with
        {
            Tailnet = new TailnetFacts
            {
                Backend = BackendState.Running,
                Prefs = new IpnPrefs { Hostname = "web", ControlUrl = "https://controlplane.tailscale.com", WantRunning = true },
                Status = new IpnStatus
                {
                    BackendState = BackendState.Running,
                    HaveNodeKey = true,
                    AuthUrl = "",
                    TailscaleIps = ["100.64.0.1"],
                    Self = new IpnSelf { DnsName = dnsName, Online = true },
                    CertDomains = certDomains,
                },
            },
            Serve = new ServeFacts { Applied = new ServeTarget(Ports, null) },
        };

    public static NodeFacts Ready() => Running(certDomains: "web.tailtest.ts.net") with
    {
        Certificate = new CertificateFacts
        {
            Name = "web.tailtest.ts.net",
            NotBefore = Now.AddDays(-1),
            NotAfter = Now.AddDays(89),
            NextCall = Now.AddHours(12),
        },
    };

    public static NodeFacts WithWarning(this NodeFacts facts, string code, string text) => facts with
    {
        Tailnet = facts.Tailnet with
        {
            Warnings = facts.Tailnet.Warnings.SetItem(code, new HealthWarning { WarnableCode = code, Text = text }),
        },
    };

    public static NodeFacts WithBackend(this NodeFacts facts, BackendState? backend) =>
        facts with { Tailnet = facts.Tailnet with { Backend = backend } };

    public static NodeFacts WithStatus(this NodeFacts facts, IpnStatus? status) =>
        facts with { Tailnet = facts.Tailnet with { Status = status } };

    public static NodeFacts WithSelf(this NodeFacts facts, Func<IpnSelf, IpnSelf> change) =>
        facts.WithStatus(facts.Tailnet.Status! with { Self = change(facts.Tailnet.Status!.Self!) });

    public static NodeFacts WithKey(this NodeFacts facts, string? key) => facts with { Login = facts.Login with { Key = key } };

    public static NodeFacts Doing(this NodeFacts facts, Activity activity, DateTimeOffset? since = null) =>
        facts with { Activities = facts.Activities.SetItem(activity, since ?? Now) };
}
