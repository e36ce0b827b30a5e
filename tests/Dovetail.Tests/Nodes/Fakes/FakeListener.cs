using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Dovetail.Proxy;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;

namespace Dovetail.Tests.Nodes.Fakes;

/// <summary>A listener that opens no port and writes down what it is told.</summary>
internal sealed class FakeListener(Journal journal) : INodeListener
{
    private static readonly IPAddress Address = IPAddress.Parse("127.83.1.2");
    private readonly ConcurrentQueue<ListenerConfig> _configs = [];

    public ListenerPorts Ports { get; private set; } =
        new(new IPEndPoint(Address, 8443), new IPEndPoint(Address, 8080), ImmutableSortedDictionary<int, IPEndPoint>.Empty);

    public FailingUpstreams FailingUpstreams { get; } = new();

    /// <summary>What it has been told to serve by, the newest last.</summary>
    public IReadOnlyList<ListenerConfig> Configs => [.. _configs];

    public ServerCertificate? Certificate { get; private set; }

    /// <summary>What is in flight.</summary>
    public Task InFlight { get; set; } = Task.CompletedTask;

    /// <summary>Thrown when it is stopped; null: nothing is.</summary>
    public Exception? StopFailure { get; set; }

    /// <summary>How long it may let requests in flight finish, from its stop on.</summary>
    public TimeSpan? Drain { get; private set; }

    public ValueTask UpdateAsync(ListenerConfig config)
    {
        var tcp = config.Service.TcpPorts.ToImmutableSortedDictionary(port => port, port => new IPEndPoint(Address, 10000 + port));
        Ports = Ports with { Tcp = tcp };
        _configs.Enqueue(config);
        journal.Add("listener: updated");
        return ValueTask.CompletedTask;
    }

    public void UseCertificate(ServerCertificate certificate)
    {
        Certificate = certificate;
        journal.Add("listener: certificate");
    }

    public async Task StopAsync(TimeSpan drain)
    {
        Drain = drain;
        journal.Add("listener: draining");
        await InFlight;
        journal.Add("listener: drained");
        if (StopFailure is { } failure)
        {
            throw failure;
        }
    }

    public ValueTask DisposeAsync()
    {
        journal.Add("listener: disposed");
        return ValueTask.CompletedTask;
    }
}

/// <summary>Starts fakes.</summary>
internal sealed class FakeListeners(Journal journal) : INodeListenerFactory
{
    private readonly ConcurrentQueue<FakeListener> _started = [];

    /// <summary>Thrown by the starts that come, one each.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    public int Count => _started.Count;

    public FakeListener Last => _started.Last();

    /// <summary>Which process may connect.</summary>
    public IAllowedProcess? Process { get; private set; }

    public Task<INodeListener> StartAsync(
        IPeerDirectory peers, IAllowedProcess process, ListenerConfig initial, CancellationToken cancellationToken)
    {
        if (Failures.TryDequeue(out var failure))
        {
            journal.Add("listener: cannot start");
            return Task.FromException<INodeListener>(failure);
        }

        var listener = new FakeListener(journal);
        Process = process;
        journal.Add("listener: started");
        _started.Enqueue(listener);
        return Task.FromResult<INodeListener>(listener);
    }
}
