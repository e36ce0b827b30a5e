using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>One Dovetail and one peer for all tests of a class, with a service that stays.</summary>
public sealed class StreamFixture(Engine engine) : SharedStage(engine)
{
    internal DovetailDaemon Daemon { get; private set; } = null!;

    internal TailnetPeer Peer { get; private set; } = null!;

    internal StreamService Service { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        Service?.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>Runs another service, which does not wait for a container that is gone.</summary>
    internal async Task<StreamService> RunAsync(string name, CancellationToken cancellation)
    {
        var service = await StreamService.RunAsync(this, name, new Dictionary<string, string> { ["hold"] = "0" }, cancellation);
        await Daemon.ReadyAsync(name);
        return service;
    }

    protected override async Task SetUpAsync()
    {
        Daemon = StartDaemon();
        Peer = await PeerAsync();
        Service = await RunAsync("stays", Cancellation);
    }
}
