using System.Net.Sockets;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class ListenerRunnerTests : IDisposable
{
    private static readonly NodeTimingOptions Timings = new();

    private readonly NodeBench _bench = new();
    private readonly ListenerRunner _runner;

    public ListenerRunnerTests() => _runner = new ListenerRunner(_bench.Dependencies, _bench.Api, _bench.Facts);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private FakeListener Listener => _bench.Listeners.Last;

    [Fact]
    public async Task Its_ports_are_known_once_it_listens()
    {
        await _runner.StartAsync(Cancellation);

        Assert.Equal(Listener.Ports, _bench.Facts.Current.Listener.Ports);
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(SocketException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    public async Task What_cannot_listen_says_why_and_is_tried_again(Type failure)
    {
        _bench.Listeners.Failures.Enqueue((Exception)Activator.CreateInstance(failure)!);
        var starting = _runner.StartAsync(Cancellation);
        await TestClock.UntilAsync(() => _bench.Clock.Waits(Timings.RetryMin));
        Assert.False(string.IsNullOrEmpty(_bench.Facts.Current.Listener.Error));

        _bench.Clock.Advance(Timings.RetryMin);

        await starting;
        Assert.Null(_bench.Facts.Current.Listener.Error);
        Assert.NotNull(_bench.Facts.Current.Listener.Ports);
    }

    [Fact]
    public async Task The_waits_grow_with_the_failures()
    {
        for (var i = 0; i < 3; i++)
        {
            _bench.Listeners.Failures.Enqueue(new IOException("address already in use"));
        }

        var starting = _runner.StartAsync(Cancellation);
        foreach (var wait in new[] { 1, 2, 4 })
        {
            await TestClock.UntilAsync(() => _bench.Clock.Waits(TimeSpan.FromSeconds(wait)));
            _bench.Clock.Advance(TimeSpan.FromSeconds(wait));
        }

        await starting;
    }

    [Fact]
    public async Task A_stop_ends_the_wait_for_the_next_try()
    {
        using var stopping = new CancellationTokenSource();
        _bench.Listeners.Failures.Enqueue(new IOException("address already in use"));
        var starting = _runner.StartAsync(stopping.Token);
        await TestClock.UntilAsync(() => _bench.Clock.Waits(Timings.RetryMin));

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        await _runner.StopAsync();
        await _runner.DisposeAsync();
    }

    [Fact]
    public async Task Only_the_tailscaled_that_runs_now_may_connect()
    {
        await _runner.StartAsync(Cancellation);
        Assert.Null(_bench.Listeners.Process!.ProcessId);

        _bench.Facts.Change(known => known with { Daemon = new DaemonFacts { ProcessId = 7 } });
        Assert.Equal(7, _bench.Listeners.Process.ProcessId);

        _bench.Facts.Change(static known => known.ForNewSession());
        Assert.Null(_bench.Listeners.Process.ProcessId);
    }

    [Fact]
    public async Task It_is_told_what_changed_and_nothing_else()
    {
        await _runner.StartAsync(Cancellation);
        await _runner.ApplyAsync(_bench.Facts.Current);
        Assert.Same(_bench.Facts.Current.Service, Assert.Single(Listener.Configs).Service);

        await _runner.ApplyAsync(_bench.Facts.Current with { Activities = _bench.Facts.Current.Activities.Add(Activity.Up, default) });
        Assert.Single(Listener.Configs);

        await _runner.ApplyAsync(_bench.Facts.Current with { Service = NodeBench.Web with { Upstreams = [] } });
        Assert.Empty(Listener.Configs[^1].Service.Upstreams);
    }

    [Fact]
    public async Task Before_it_listens_nothing_is_lost_of_what_it_is_to_know()
    {
        await _runner.ApplyAsync(_bench.Facts.Current);

        await _runner.StartAsync(Cancellation);
        await _runner.ApplyAsync(_bench.Facts.Current);

        Assert.Single(Listener.Configs);
    }

    [Fact]
    public async Task A_port_that_it_opened_is_known()
    {
        await _runner.StartAsync(Cancellation);
        var facts = _bench.Facts.Change(known => known with { Service = known.Service with { TcpPorts = [5432] } });

        await _runner.ApplyAsync(facts);

        Assert.Equal([5432], _bench.Facts.Current.Listener.Ports!.Tcp.Keys);
    }

    // tailscaled is started anew: until its status is known, clients find the name and HTTPS as they were.
    [Fact]
    public async Task Between_two_tailscaleds_it_stays_as_it_is()
    {
        var facts = Running(TlsMode.Auto);
        await _runner.StartAsync(Cancellation);
        await _runner.ApplyAsync(facts);
        Assert.Equal(("web.tailtest.ts.net", true), (Listener.Configs[^1].HostName, Listener.Configs[^1].Https));

        await _runner.ApplyAsync(facts.ForNewSession());
        Assert.Single(Listener.Configs);

        await _runner.ApplyAsync(facts.ForNewSession() with { Service = facts.Service with { Upstreams = [] } });
        Assert.Equal(("web.tailtest.ts.net", true), (Listener.Configs[^1].HostName, Listener.Configs[^1].Https));

        await _runner.ApplyAsync(facts.ForNewSession() with { Service = facts.Service with { Tls = TlsMode.Off } });
        Assert.Equal(("web.tailtest.ts.net", false), (Listener.Configs[^1].HostName, Listener.Configs[^1].Https));
    }

    [Fact]
    public async Task It_is_stopped_with_the_time_to_drain()
    {
        await _runner.StartAsync(Cancellation);

        await _runner.StopAsync();
        await _runner.DisposeAsync();

        Assert.Equal(Timings.Drain, Listener.Drain);
        _bench.Journal.AssertOrder("listener: drained", "listener: disposed");
    }

    public void Dispose() => _bench.Dispose();

    private static NodeFacts Running(TlsMode tls) => new()
    {
        Service = NodeBench.Web with { Tls = tls },
        Identity = new NodeIdentity("web", [], null),
        Tailnet = new TailnetFacts
        {
            Backend = BackendState.Running,
            Prefs = FakeLocalApi.Prefs,
            Status = FakeLocalApi.StatusOf(BackendState.Running) with { CertDomains = ["web.tailtest.ts.net"] },
        },
    };
}
