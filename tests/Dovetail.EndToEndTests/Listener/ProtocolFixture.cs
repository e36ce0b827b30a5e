using System.Collections.Concurrent;
using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// One Dovetail with a service per scheme, and the same application straight: what a peer sees must be what a neighbour sees.
/// </summary>
public sealed class ProtocolFixture(Engine engine) : SharedStage(engine)
{
    private readonly ConcurrentDictionary<string, HttpClient> _clients = new();

    private ProtocolUpstream _upstream = null!;

    internal TailnetPeer Peer { get; private set; } = null!;

    internal DovetailDaemon Daemon { get; private set; } = null!;

    /// <summary>Where a peer reaches the application: <c>http</c>, <c>h2c</c>, <c>https</c> or <c>https+insecure</c>.</summary>
    internal Uri Through(string scheme) => new($"https://{Peer.NameOf(ServiceOf(scheme))}/");

    /// <summary>Where it listens.</summary>
    internal Uri Straight(string scheme) => scheme switch
    {
        "http" => new Uri($"http://127.0.0.1:{_upstream.Http}/"),
        "h2c" => new Uri($"http://127.0.0.1:{_upstream.H2c}/"),
        _ => new Uri($"https://127.0.0.1:{_upstream.Https}/"),
    };

    /// <summary>The peer's client of one protocol version.</summary>
    internal HttpClient PeerClient(string version) => _clients.GetOrAdd("peer " + version, _ => Peer.Http(Version.Parse(version)));

    /// <summary>A client for the application itself: of the same version, unless the application speaks one only.</summary>
    internal HttpClient StraightClient(string scheme, string version)
    {
        var spoken = scheme switch { "http" => "1.1", "h2c" => "2.0", _ => version };
        return _clients.GetOrAdd(spoken, _ => new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = { CertificateChainPolicy = _upstream.Trust() },
        })
        {
            DefaultRequestVersion = Version.Parse(spoken),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        });
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }

        await base.DisposeAsync();
    }

    private static string ServiceOf(string scheme) => scheme.Replace("+", "-", StringComparison.Ordinal);

    protected override async Task SetUpAsync()
    {
        Peer = await PeerAsync();
        string[] schemes = ["http", "h2c", "https", "https+insecure"];
        _upstream = Own(
            await ProtocolUpstream.StartAsync(schemes.Select(scheme => Peer.NameOf(ServiceOf(scheme))), UpstreamAnswers.AnswerAsync));
        var trusted = Directory["upstream.pem"];
        await File.WriteAllTextAsync(trusted, _upstream.CertificatePem, Cancellation);
        Daemon = StartDaemon(new Dictionary<string, string?> { ["SSL_CERT_FILE"] = trusted });
        var labels = schemes.SelectMany(scheme => (KeyValuePair<string, string>[])
        [
            new($"services.{ServiceOf(scheme)}.name", ServiceOf(scheme)),
            new($"services.{ServiceOf(scheme)}.port", Straight(scheme).Port.ToString(CultureInfo.InvariantCulture)),
            new($"services.{ServiceOf(scheme)}.scheme", scheme),
        ]).ToDictionary();
        await RunContainerAsync(labels, options: ["--network", "host"], command: ["sleep", "100000"]);
        foreach (var scheme in schemes)
        {
            await Daemon.ReadyAsync(ServiceOf(scheme));
        }
    }
}
