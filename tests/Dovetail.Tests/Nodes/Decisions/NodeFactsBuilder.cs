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
        Ports = Ports,
    };

    public static NodeFacts NeedsLogin(string? key) => New() with
    {
        Backend = BackendState.NeedsLogin,
        Prefs = new IpnPrefs { Hostname = "", ControlUrl = "", LoggedOut = true },
        Status = new IpnStatus { BackendState = BackendState.NeedsLogin, AuthUrl = "", Self = new IpnSelf() },
        Key = key,
    };

    public static NodeFacts Running(TlsMode tls = TlsMode.Auto, string dnsName = "web.tailtest.ts.net.", params string[] certDomains) => New(tls) with
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
        Served = new ServeTarget(Ports, null),
    };

    public static NodeFacts Ready() => Running(certDomains: "web.tailtest.ts.net") with
    {
        Certificate = new CertificateMemory
        {
            Name = "web.tailtest.ts.net",
            NotBefore = Now.AddDays(-1),
            NotAfter = Now.AddDays(89),
            NextCall = Now.AddHours(12),
        },
    };

    public static NodeFacts WithWarning(this NodeFacts facts, string code, string text) =>
        facts with { Warnings = facts.Warnings.SetItem(code, new HealthWarning { WarnableCode = code, Text = text }) };
}
