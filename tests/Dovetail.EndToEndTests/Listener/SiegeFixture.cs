using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>One application, seen byte by byte, behind a service with HTTPS (<c>web</c>) and one without (<c>plain</c>).</summary>
public sealed class SiegeFixture(Engine engine) : SharedStage(engine)
{
    internal RawUpstream Upstream { get; } = new();

    internal DovetailDaemon Daemon { get; private set; } = null!;

    internal TailnetPeer Peer { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    protected override async Task SetUpAsync()
    {
        Peer = await PeerAsync();
        Daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_LOG_LEVEL"] = "debug" });
        var port = Upstream.Port.ToString(CultureInfo.InvariantCulture);
        await RunContainerAsync(
            new Dictionary<string, string>
            {
                ["services.web.name"] = "web",
                ["services.web.port"] = port,
                ["services.plain.name"] = "plain",
                ["services.plain.port"] = port,
                ["services.plain.tls"] = "off",
            },
            options: ["--network", "host", "--interactive", "--entrypoint", "sh"]);
        await Daemon.ReadyAsync("web");
        await Daemon.ReadyAsync("plain");
    }
}
