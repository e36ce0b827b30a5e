using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>A LocalAPI that answers what the test tells it to, whichever tailscaled is behind it.</summary>
internal sealed class FakeLocalApi(Journal journal) : ILocalApi
{
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<ServeConfig> _serveConfigs = [];
    private Channel<IpnNotify> _bus = Channel.CreateUnbounded<IpnNotify>();
    private IpnNotify _first = new();
    private IpnStatus _status = StatusOf(BackendState.NoState);
    private int _polls;
    private int _streams;
    private int _peerLooks;

    /// <summary>In place of the status that <see cref="Become"/> set.</summary>
    public Func<CancellationToken, Task<IpnStatus>>? Answer { get; set; }

    /// <summary>Why streams of the bus are not opened; null: they are.</summary>
    public Exception? BusRefusal { get; set; }

    /// <summary>Thrown by the serve configs that come, one each.</summary>
    public ConcurrentQueue<Exception> ServeRefusals { get; } = [];

    public Func<CancellationToken, Task> WantRunning { get; set; } = static _ => Task.CompletedTask;

    /// <summary>How often the status was asked for.</summary>
    public int Polls => Volatile.Read(ref _polls);

    /// <summary>How often the bus was opened.</summary>
    public int Streams => Volatile.Read(ref _streams);

    public IReadOnlyList<ServeConfig> ServeConfigs => [.. _serveConfigs];

    public static IpnPrefs Prefs { get; } =
        new() { Hostname = "web", ControlUrl = "https://controlplane.tailscale.com", WantRunning = true };

    /// <summary>How a status names the state: alone, or with all that a running node has.</summary>
    public static IpnStatus StatusOf(BackendState state) => state == BackendState.Running
        ? new IpnStatus
        {
            BackendState = BackendState.Running,
            HaveNodeKey = true,
            TailscaleIps = ["100.64.0.1"],
            Self = new IpnSelf { DnsName = "web.tailtest.ts.net.", Online = true },
        }
        : new IpnStatus { BackendState = state, Self = new IpnSelf() };

    public static LocalApiException Refusal(string text) => new(HttpStatusCode.InternalServerError, text);

    /// <summary>The node is in another state; the bus says so, now and first in each stream to come.</summary>
    public void Become(BackendState state, IpnStatus? status = null, IpnPrefs? prefs = null)
    {
        lock (_lock)
        {
            _status = status ?? StatusOf(state);
            _first = new IpnNotify { State = state, Prefs = prefs ?? Prefs };
            _bus.Writer.TryWrite(_first);
        }
    }

    /// <summary>Another status, of which the bus says nothing.</summary>
    public void Set(IpnStatus status)
    {
        lock (_lock)
        {
            _status = status;
        }
    }

    /// <summary>One message on the open stream.</summary>
    public void Say(IpnNotify message)
    {
        lock (_lock)
        {
            Assert.True(_bus.Writer.TryWrite(message));
        }
    }

    /// <summary>The open stream ends, as when tailscaled does, or fails.</summary>
    public void BreakBus(Exception? failure = null)
    {
        lock (_lock)
        {
            _bus.Writer.TryComplete(failure);
        }
    }

    public Task<IpnStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _polls);
        lock (_lock)
        {
            return Answer?.Invoke(cancellationToken) ?? Task.FromResult(_status);
        }
    }

    /// <summary>The machines that the node sees, and how often they were asked for.</summary>
    public IpnPeers Peers { get; set; } = new();

    public int PeerLooks => Volatile.Read(ref _peerLooks);

    public Task<IpnPeers> GetPeersAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _peerLooks);
        return Task.FromResult(Peers);
    }

    public async IAsyncEnumerable<IpnNotify> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bus = Channel.CreateUnbounded<IpnNotify>();
        lock (_lock)
        {
            _streams++;
            if (BusRefusal is { } refusal)
            {
                throw refusal;
            }

            _bus = bus;
            bus.Writer.TryWrite(_first);
        }

        await foreach (var message in bus.Reader.ReadAllAsync(cancellationToken))
        {
            yield return message;
        }
    }

    public Task<WhoIsResponse?> WhoIsAsync(IPAddress peer, CancellationToken cancellationToken) => Task.FromResult<WhoIsResponse?>(null);

    public Task SetServeConfigAsync(ServeConfig config, CancellationToken cancellationToken)
    {
        if (ServeRefusals.TryDequeue(out var refusal))
        {
            journal.Add("serve: refused");
            throw refusal;
        }

        _serveConfigs.Enqueue(config);
        journal.Add("serve: applied");
        return Task.CompletedTask;
    }

    public Task SetWantRunningAsync(bool wantRunning, CancellationToken cancellationToken)
    {
        journal.Add($"want running: {wantRunning}");
        return WantRunning(cancellationToken);
    }

    public void Dispose() => journal.Add("api: disposed");
}
