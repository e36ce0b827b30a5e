using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Decisions;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class NodeSupervisorTests : IAsyncDisposable
{
    private static readonly NodeTimingOptions Timings = new();

    private readonly NodeBench _bench = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly NodeSupervisor _supervisor;
    private Task _run = Task.CompletedTask;

    public NodeSupervisorTests() =>
        _supervisor = new NodeSupervisor(_bench.Dependencies, _bench.Paths, _bench.Api, _bench.Facts, _bench.DaemonLog);

    private FakeTailscaled Tailscaled => _bench.Tailscaled.Last;

    private SupervisionFacts Supervision => _bench.Facts.Current.Supervision;

    [Fact]
    public async Task A_running_tailscaled_is_known_by_its_process_id_until_it_ends()
    {
        await StartAsync();
        Assert.Equal(1, _bench.Facts.Current.Daemon.ProcessId);

        Tailscaled.Exit(1);

        await DownAsync();
        Assert.Null(_bench.Facts.Current.Daemon.ProcessId);
        Assert.Null(_supervisor.Session);
    }

    [Theory]
    [InlineData(1, null, "ended with exit code 1")]
    [InlineData(0, null, "ended with exit code 0")]
    [InlineData(128 + 9, null, "was ended by signal 9")]
    [InlineData(2, "flag provided but not defined", "ended with exit code 2; its last words: flag provided but not defined")]
    public async Task How_it_ended_is_told_with_its_last_words(int exitCode, string? line, string how)
    {
        await StartAsync();
        if (line is not null)
        {
            _bench.DaemonLog.Add(line);
        }

        Tailscaled.Exit(exitCode);

        Assert.Equal(how, (await DownAsync()).How);
    }

    [Fact]
    public async Task The_waits_grow_with_the_failures_up_to_a_minute()
    {
        await StartAsync();

        var waits = await FailAsync(8);

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], waits);
        Assert.Equal(8, Supervision.Restarts);
    }

    [Fact]
    public async Task One_that_served_is_followed_by_the_next_at_once_but_not_twice_within_seconds()
    {
        await StartAsync();
        await ServeForAsync(Timings.Stable);

        Tailscaled.Exit(137);
        await TestClock.UntilAsync(() => Supervision.Restarts == 1 && _supervisor.Session is not null);

        Assert.Null(Supervision.Down);
        Assert.Contains("web: tailscaled was ended by signal 9; it is started again", _bench.LogLines);
        await ServeForAsync(TimeSpan.FromSeconds(3));
        Assert.Equal([1, 2], await FailAsync(2));
    }

    [Fact]
    public async Task A_stable_time_makes_the_next_wait_short_again()
    {
        await StartAsync();
        await FailAsync(4);

        await _bench.Clock.AdvanceByAsync(Timings.Stable, TimeSpan.FromSeconds(1));

        Assert.Equal([1], await FailAsync(1));
    }

    [Fact]
    public async Task A_state_that_cannot_be_used_is_looked_at_more_often()
    {
        _bench.Facts.Change(known => known with { Supervision = known.Supervision with { StateError = "no space left on device" } });
        await StartAsync();

        Assert.Equal([1, 2, 4, 8, 8], await FailAsync(5));
    }

    [Fact]
    public async Task A_new_tailscaled_begins_without_the_facts_of_the_old_one()
    {
        _bench.Api.Become(BackendState.Running);
        await StartAsync();
        await TestClock.UntilAsync(() => _bench.Facts.Current.Tailnet.IsRunning);
        _bench.Api.Become(BackendState.NoState);
        _bench.Facts.Change(known => known with { Serve = new ServeFacts { Error = "netMap is nil" } });

        Tailscaled.Exit(1);
        await DownAsync();
        Assert.Null(_bench.Facts.Current.Tailnet.Backend);
        await NextAsync();

        Assert.False(_bench.Facts.Current.Tailnet.IsRunning);
        Assert.Null(_bench.Facts.Current.Serve.Error);
        Assert.Null(Supervision.Down);
    }

    [Fact]
    public async Task One_that_hangs_is_killed_and_replaced()
    {
        _bench.Api.Answer = async cancellationToken =>
        {
            await Task.Delay(Timings.LocalApi, _bench.Clock, cancellationToken);
            throw FakeLocalApi.Refusal("tailscaled did not answer status");
        };
        await StartAsync();
        var hung = Tailscaled;

        await _bench.Clock.AdvanceUntilAsync(() => Supervision.Down is not null);

        Assert.Equal("stopped answering for 15 s and was replaced", Supervision.Down!.How);
        Assert.Equal(FakeTailscaled.Killed, await hung.Exited);
        await NextAsync();
        _bench.Journal.AssertOrder("tailscaled 1: killed", "tailscaled 1: ended", "tailscaled 2: started");
    }

    [Fact]
    public async Task One_that_does_not_open_its_socket_is_killed_and_replaced()
    {
        _bench.Tailscaled.Started = static _ => { };
        await StartAsync();

        await _bench.Clock.AdvanceUntilAsync(() => Supervision.Down is not null);

        Assert.Equal("did not open its socket for 15 s and was replaced", Supervision.Down!.How);
        _bench.Journal.AssertOrder("tailscaled 1: killed", "tailscaled 1: ended");
    }

    [Fact]
    public async Task One_that_ends_before_it_opens_its_socket_is_told_by_its_exit_code()
    {
        _bench.Tailscaled.Started = static tailscaled => tailscaled.Exit(1);
        Start();

        Assert.Equal("ended with exit code 1", (await DownAsync()).How);
    }

    [Fact]
    public async Task One_that_cannot_be_started_is_tried_again()
    {
        var missing = new FileNotFoundException("No such file or directory");
        _bench.Tailscaled.Failures.Enqueue(new ChildStartException("/bin/tailscaled", missing));
        _bench.Tailscaled.Failures.Enqueue(new IOException("Read-only file system"));
        Start();

        Assert.Equal("could not be started: cannot start /bin/tailscaled: No such file or directory", (await DownAsync()).How);
        await _bench.Clock.AdvanceUntilAsync(() => Supervision.Down?.How == "could not be started: Read-only file system");
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Tailscaled.Count == 1);
        Assert.Equal(2, Supervision.Restarts);
    }

    [Fact]
    public async Task A_state_file_that_cannot_be_read_is_moved_aside_first()
    {
        var file = Path.Combine(_bench.Paths.State, "tailscaled.state");
        await File.WriteAllTextAsync(file, "this is no state", TestContext.Current.CancellationToken);

        await StartAsync();

        var aside = Assert.IsType<string>(Supervision.StateMovedTo);
        Assert.Equal($"{file}.broken-20261122T120000Z", aside);
        Assert.Equal("this is no state", await File.ReadAllTextAsync(aside, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData(null, 128L << 20)]
    [InlineData(64L << 20, 64L << 20)]
    public async Task The_memory_limit_is_the_services_own_or_the_daemons(long? own, long limit)
    {
        _bench.Facts.Change(known => known with { Service = known.Service with { Memory = own } });

        await StartAsync();

        Assert.Equal(limit, _bench.Tailscaled.Memory);
    }

    [Fact]
    public async Task A_restart_replaces_the_running_one_at_once()
    {
        await StartAsync();
        await TestClock.UntilAsync(() => _bench.Api.Streams == 1);

        _supervisor.Restart();

        await TestClock.UntilAsync(() => _bench.Tailscaled.Count == 2);
        _bench.Journal.AssertOrder("tailscaled 1: ended", "tailscaled 2: started");
        Assert.Null(Supervision.Down);
        Assert.Equal(1, Supervision.Restarts);
    }

    [Fact]
    public async Task A_restart_ends_the_wait_for_the_next_one()
    {
        await StartAsync();
        Tailscaled.Exit(1);
        await DownAsync();

        _supervisor.Restart();

        await TestClock.UntilAsync(() => _bench.Tailscaled.Count == 2);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(IOException))]
    public async Task Whatever_goes_wrong_with_one_its_successor_starts_after_its_end(Type bug)
    {
        await StartAsync();
        _bench.Api.Answer = _ => throw (Exception)Activator.CreateInstance(bug, "boom")!;

        await _bench.Clock.AdvanceUntilAsync(() => Supervision.Down is not null);
        _bench.Api.Answer = null;

        Assert.Equal("was replaced after an error in Dovetail: boom", Supervision.Down!.How);
        await NextAsync();
        _bench.Journal.AssertOrder("tailscaled 1: started", "tailscaled 1: ended", "tailscaled 2: started");
    }

    [Fact]
    public async Task At_the_stop_the_last_one_runs_without_work_until_it_is_disposed()
    {
        await StartAsync();
        _supervisor.Session!.TryStart(Activity.Up, ended => Task.Delay(Timeout.Infinite, ended));

        await _stopping.CancelAsync();
        await _run;

        Assert.Empty(_bench.Facts.Current.Activities);
        Assert.False(Tailscaled.Exited.IsCompleted);
        Assert.Equal(1, _bench.Facts.Current.Daemon.ProcessId);
        await _supervisor.DisposeAsync();
        Assert.True(Tailscaled.Exited.IsCompleted);
        Assert.Null(_bench.Facts.Current.Daemon.ProcessId);
    }

    [Theory]
    [InlineData("socket")]
    [InlineData("backoff")]
    public async Task A_stop_does_not_wait_for_what_the_node_waits_for(string stage)
    {
        _bench.Tailscaled.Started = static _ => { };
        await StartAsync();
        if (stage == "backoff")
        {
            Tailscaled.Exit(1);
            await DownAsync();
        }

        await _stopping.CancelAsync();

        await _run;
        await _supervisor.DisposeAsync();
        Assert.True(Tailscaled.Exited.IsCompleted);
        Assert.Equal(1, _bench.Tailscaled.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _supervisor.DisposeAsync();
        _stopping.Dispose();
        _bench.Dispose();
    }

    private void Start() => _run = Task.Run(() => _supervisor.RunAsync(_stopping.Token));

    private async Task StartAsync()
    {
        Start();
        await TestClock.UntilAsync(() => _supervisor.Session is not null);
    }

    private Task ServeForAsync(TimeSpan time)
    {
        var serve = new ServeFacts { Applied = new ServeTarget(NodeFactsBuilder.Ports, null) };
        _bench.Facts.Change(known => known with { Serve = serve });
        return _bench.Clock.AdvanceByAsync(time, TimeSpan.FromSeconds(1));
    }

    private async Task<DaemonDown> DownAsync()
    {
        await TestClock.UntilAsync(() => Supervision.Down is not null);
        return Supervision.Down!;
    }

    private async Task NextAsync()
    {
        await _bench.Clock.AdvanceUntilAsync(() => Supervision.Down is null && _supervisor.Session is not null);
    }

    /// <returns>The waits in seconds.</returns>
    private async Task<List<double>> FailAsync(int times)
    {
        var waits = new List<double>();
        for (var i = 0; i < times; i++)
        {
            Tailscaled.Exit(1);
            waits.Add(((await DownAsync()).RetryAt - _bench.Clock.Now).TotalSeconds);
            await NextAsync();
        }

        return waits;
    }
}
