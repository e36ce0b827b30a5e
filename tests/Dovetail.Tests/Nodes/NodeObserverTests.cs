using System.Text.Json;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Decisions;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class NodeObserverTests : IAsyncDisposable
{
    private static readonly NodeTimingOptions Timings = new();
    private static readonly TimeSpan BusPause = TimeSpan.FromMilliseconds(200);

    private readonly NodeBench _bench = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly NodeObserver _observer;
    private Task _run = Task.CompletedTask;

    public NodeObserverTests() => _observer = new NodeObserver(_bench.Dependencies, _bench.Api, _bench.Facts);

    private NodeFacts Facts => _bench.Facts.Current;

    [Fact]
    public async Task What_the_bus_says_first_is_how_the_node_stands()
    {
        _bench.Api.Become(BackendState.NeedsLogin, prefs: new IpnPrefs { Hostname = "old" });

        await StartAsync();

        await TestClock.UntilAsync(() => Facts.Tailnet is { Backend: BackendState.NeedsLogin, Prefs.Hostname: "old", Status: not null });
    }

    [Fact]
    public async Task A_login_url_on_the_bus_is_good_until_the_node_runs()
    {
        await StartAsync();
        _bench.Api.Say(new IpnNotify { BrowseToUrl = "https://login.example.com/a/1" });
        await TestClock.UntilAsync(() => Facts.Tailnet.LoginUrl == "https://login.example.com/a/1");

        _bench.Api.Become(BackendState.Running);

        await TestClock.UntilAsync(() => Facts.Tailnet.LoginUrl is null);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public async Task Which_machine_has_the_name_is_asked_once_or_a_few_times_while_it_counts_as_online(bool isOnline, int looks)
    {
        IpnMachine Machine(string name) => new() { DnsName = name + ".tailtest.ts.net.", UserId = 7 };
        var seen = TestClock.Noon.AddDays(-3);
        _bench.Api.Peers = new IpnPeers
        {
            Self = Machine("web-1"),
            Peer = new Dictionary<string, IpnMachine>
            {
                ["a"] = Machine("webshop"),
                ["shared"] = Machine("web") with { DnsName = "web.another.ts.net.", Online = !isOnline },
                ["b"] = Machine("web") with { Online = isOnline, LastSeen = isOnline ? default : seen },
            },
        };
        _bench.Api.Become(BackendState.Running, FakeLocalApi.StatusOf(BackendState.Running) with
        {
            Self = new IpnSelf { DnsName = "web-1.tailtest.ts.net.", Online = true },
        });

        await StartAsync();
        await TestClock.UntilAsync(() => Facts.Tailnet.NameHolder is not null);
        await _bench.Clock.AdvanceByAsync(TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(1));

        Assert.Equal(new NameHolder(isOnline, isOnline ? null : seen, HasSameOwner: true), Facts.Tailnet.NameHolder);
        Assert.Equal(looks, _bench.Api.PeerLooks);
    }

    [Fact]
    public async Task A_node_with_the_name_that_it_asked_for_asks_after_no_machine()
    {
        _bench.Api.Become(BackendState.Running);
        await StartAsync();
        await TestClock.UntilAsync(() => Facts.Tailnet.IsRunning);

        await _bench.Clock.AdvanceByAsync(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(1));

        Assert.Equal(0, _bench.Api.PeerLooks);
    }

    [Fact]
    public async Task A_node_that_runs_has_forgiven_its_key()
    {
        _bench.Facts.Change(known => known with
        {
            Login = known.Login with { RefusedKey = "k1", Failures = 3, Failure = new UpFailure(TailscaleError.KeyRefused, "invalid key") },
            Daemon = known.Daemon with { RetriesRefusedKey = true },
        });
        await StartAsync();

        _bench.Api.Become(BackendState.Running);

        await TestClock.UntilAsync(() => Facts.Tailnet.Backend == BackendState.Running);
        Assert.Equal((null, null, 0), (Facts.Login.RefusedKey, Facts.Login.Failure, Facts.Login.Failures));
        Assert.False(Facts.Daemon.RetriesRefusedKey);
    }

    [Fact]
    public async Task Health_is_what_the_newest_message_says_and_names_a_state_that_cannot_be_used()
    {
        const string code = "state-store-health";
        await StartAsync();

        _bench.Api.Say(Health(new HealthWarning { WarnableCode = code, Text = "no space left on device" }));
        await TestClock.UntilAsync(() => Facts.Supervision.StateError == "no space left on device");
        _bench.Api.Say(Health(new HealthWarning { WarnableCode = "login-state", Text = "You are logged out." }));

        await TestClock.UntilAsync(() => Facts.Tailnet.Warnings.ContainsKey("login-state"));
        Assert.Null(Facts.Supervision.StateError);
        Assert.False(Facts.Tailnet.Warnings.ContainsKey(code));
    }

    [Fact]
    public async Task A_message_that_says_nothing_new_changes_nothing()
    {
        _bench.Api.Become(BackendState.NeedsLogin);
        await StartAsync();
        await WaitsAsync(Timings.FastPoll);
        var before = Facts.Tailnet;

        _bench.Api.Say(new IpnNotify());
        _bench.Api.Say(new IpnNotify { BrowseToUrl = "https://login.example.com/a/1" });

        await TestClock.UntilAsync(() => Facts.Tailnet.LoginUrl is not null);
        Assert.Equal(before, Facts.Tailnet with { AnnouncedLoginUrl = null });
    }

    // Name, addresses and certificate domains stand in the status only.
    [Theory]
    [InlineData("state")]
    [InlineData("netmap")]
    [InlineData("self")]
    [InlineData("error")]
    public async Task What_may_have_changed_the_status_makes_for_a_poll_at_once(string change)
    {
        await SettleAsync();
        var polls = _bench.Api.Polls;

        _bench.Api.Say(change switch
        {
            "state" => new IpnNotify { State = BackendState.Running },
            "netmap" => new IpnNotify { NetMap = new Presence(true) },
            "self" => new IpnNotify { SelfChange = new Presence(true) },
            _ => new IpnNotify { ErrMessage = "something" },
        });

        await TestClock.UntilAsync(() => _bench.Api.Polls > polls);
    }

    [Fact]
    public async Task A_bus_that_ends_is_opened_again_after_a_pause()
    {
        await StartAsync();
        _bench.Api.Become(BackendState.NeedsLogin);
        _bench.Api.BreakBus();
        await WaitsAsync(BusPause);
        _bench.Api.Become(BackendState.Starting);
        Assert.Equal(1, _bench.Api.Streams);

        _bench.Clock.Advance(BusPause);

        await TestClock.UntilAsync(() => Facts.Tailnet.Backend == BackendState.Starting);
        Assert.Equal(2, _bench.Api.Streams);
    }

    [Fact]
    public async Task A_bus_that_is_refused_is_tried_until_it_opens()
    {
        _bench.Api.Become(BackendState.NeedsLogin);
        _bench.Api.BusRefusal = FakeLocalApi.Refusal("not yet");
        Start();
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Streams >= 3);
        _bench.Api.BusRefusal = null;

        await _bench.Clock.AdvanceUntilAsync(() => Facts.Tailnet.Backend == BackendState.NeedsLogin);
    }

    [Fact]
    public async Task A_bus_that_is_not_understood_is_named_and_left_alone_for_a_while_as_the_poll_goes_on()
    {
        await StartAsync();

        var strange = new JsonException("'x' is an invalid start of a value");
        _bench.Api.BreakBus(new LocalApiException(strange.Message, strange));

        await WaitsAsync(Timings.Poll);
        const string said = "web: tailscaled's bus says what Dovetail does not understand: 'x'";
        Assert.Contains(_bench.LogLines, line => line.StartsWith(said, StringComparison.Ordinal));
        var polls = _bench.Api.Polls;
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Polls >= polls + 3);
        Assert.Equal(1, _bench.Api.Streams);
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Streams == 2);
        Assert.True(_bench.Clock.Now - TestClock.Noon >= Timings.Poll);
    }

    [Fact]
    public async Task The_status_is_polled_each_second_until_the_node_serves_and_then_seldom()
    {
        _bench.Api.Become(BackendState.Running);
        await StartAsync();
        await TestClock.UntilAsync(() => Facts.Tailnet.IsRunning);
        await WaitsAsync(Timings.FastPoll);

        _bench.Facts.Change(known => known with { Serve = Served });
        _observer.PollSoon();

        await WaitsAsync(Timings.Poll);
    }

    [Fact]
    public async Task A_tailscaled_that_does_not_answer_for_two_seconds_is_called_silent_until_it_does()
    {
        TaskCompletionSource<IpnStatus> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _bench.Api.Answer = _ => answer.Task;
        await StartAsync();
        await WaitsAsync(Timings.Silence);
        _bench.Clock.Advance(Timings.Silence - TimeSpan.FromTicks(1));
        Assert.False(Facts.Daemon.IsSilent);

        _bench.Clock.Advance(TimeSpan.FromTicks(1));
        await TestClock.UntilAsync(() => Facts.Daemon.IsSilent);
        answer.SetResult(FakeLocalApi.StatusOf(BackendState.NeedsLogin));

        await TestClock.UntilAsync(() => !Facts.Daemon.IsSilent && Facts.Tailnet.Status is not null);
    }

    [Fact]
    public async Task One_that_answers_nothing_for_fifteen_seconds_hangs()
    {
        _bench.Api.Answer = NoAnswerAsync;
        await StartAsync();

        await _bench.Clock.AdvanceUntilAsync(() => _run.IsCompleted);

        await _run;
        Assert.InRange(_bench.Clock.Now - TestClock.Noon, Timings.HangLimit, TimeSpan.MaxValue);
    }

    // The time since the last answer, most of which nothing was asked in, is no silence.
    [Fact]
    public async Task One_question_without_an_answer_is_no_hang_and_the_next_comes_soon()
    {
        await SettleAsync();
        var polls = _bench.Api.Polls;
        _bench.Api.Answer = static _ => throw FakeLocalApi.Refusal("not now");

        _bench.Clock.Advance(Timings.Poll);

        await TestClock.UntilAsync(() => _bench.Api.Polls > polls);
        await WaitsAsync(Timings.FastPoll);
        _bench.Api.Answer = null;
        await _bench.Clock.AdvanceByAsync(Timings.HangLimit);
        Assert.False(_run.IsCompleted);
    }

    [Fact]
    public async Task One_that_answers_now_and_then_does_not_hang()
    {
        _bench.Api.Answer = cancellationToken =>
            _bench.Api.Polls % 2 == 0 ? Task.FromResult(FakeLocalApi.StatusOf(BackendState.NeedsLogin)) : NoAnswerAsync(cancellationToken);
        await StartAsync();

        await _bench.Clock.AdvanceByAsync(4 * Timings.HangLimit);

        Assert.False(_run.IsCompleted);
    }

    // Recorded with 1.96.5: Running, Self.Online false, and no message on the bus.
    [Fact]
    public async Task A_node_that_is_offline_while_the_control_server_answers_is_cut_off_after_a_while()
    {
        await SettleAsync();
        var begun = _bench.Clock.Now;
        SetOnline(false);

        await _bench.Clock.AdvanceUntilAsync(() => Facts.Login.IsCutOff);
        Assert.InRange(_bench.Clock.Now - begun, Timings.CutOff, TimeSpan.MaxValue);

        SetOnline(true);
        await _bench.Clock.AdvanceUntilAsync(() => !Facts.Login.IsCutOff);
    }

    // Recorded with 1.96.5 (400), read in the sources of 1.102.3 (404), and seen with Headscale 0.29, which counts it as online.
    [Theory]
    [InlineData("Received error: PollNetMap: initial fetch failed 400: node not found", false)]
    [InlineData("Received error: PollNetMap: initial fetch failed 404: node not found", false)]
    [InlineData("control: lite map update error after 1ms: POST https://hs/machine/map: 404: node not found", true)]
    public async Task A_node_that_the_control_server_says_it_does_not_know_is_cut_off_once_it_says_so_again(string line, bool online)
    {
        await SettleAsync();
        SetOnline(online);

        _observer.Read(line);
        _observer.Read(line);
        Assert.False(Facts.Login.IsCutOff, "one refusal, in two lines");
        await _bench.Clock.AdvanceByAsync(TimeSpan.FromSeconds(2));
        _observer.Read(line);

        Assert.True(Facts.Login.IsCutOff);
        await _bench.Clock.AdvanceByAsync(Timings.Poll);
        Assert.True(Facts.Login.IsCutOff, "a poll that says online does not count");
    }

    [Theory]
    [InlineData("Received error: PollNetMap: initial fetch failed 502: bad gateway")]
    [InlineData("Received error: PollNetMap: unexpected EOF")]
    [InlineData("peer node not found")]
    public async Task Other_lines_of_the_log_cut_nobody_off(string line)
    {
        await SettleAsync();

        _observer.Read(line);
        await _bench.Clock.AdvanceByAsync(TimeSpan.FromSeconds(2));
        _observer.Read(line);

        Assert.False(Facts.Login.IsCutOff);
    }

    // 1.102.3 ends the stream of a reader that is more than 128 messages behind.
    [Fact]
    public async Task A_bus_that_ends_because_Dovetail_fell_behind_is_read_anew_and_nothing_is_missed()
    {
        await SettleAsync();
        var (streams, polls) = (_bench.Api.Streams, _bench.Api.Polls);

        _bench.Api.Say(new IpnNotify { ErrMessage = "fell behind" });
        _bench.Api.BreakBus();
        _bench.Api.Become(BackendState.NeedsLogin);

        await TestClock.UntilAsync(() => _bench.Api.Polls > polls);
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Api.Streams > streams);
        await TestClock.UntilAsync(() => Facts.Tailnet is { Backend: BackendState.NeedsLogin, Status.BackendState: BackendState.NeedsLogin });
    }

    [Fact]
    public async Task A_node_that_logs_in_anew_is_not_cut_off_even_before_the_next_poll()
    {
        _bench.Facts.Change(known => known with { Login = known.Login with { IsCutOff = true } });
        _bench.Api.Become(BackendState.NeedsLogin);
        _bench.Api.Answer = NoAnswerAsync;
        Start();
        await TestClock.UntilAsync(() => Facts.Tailnet.Backend == BackendState.NeedsLogin);
        Assert.True(Facts.Login.IsCutOff);

        _bench.Api.Say(new IpnNotify { State = BackendState.Starting });

        await TestClock.UntilAsync(() => Facts.Tailnet.Backend == BackendState.Starting);
        Assert.False(Facts.Login.IsCutOff);
    }

    [Fact]
    public async Task A_control_server_that_does_not_answer_cuts_nobody_off()
    {
        await SettleAsync();
        _bench.Control.Answers = false;
        SetOnline(false);

        await _bench.Clock.AdvanceUntilAsync(() => _bench.Control.Asked >= 6, TimeSpan.FromSeconds(1));

        Assert.False(Facts.Login.IsCutOff);
    }

    // tailscaled needs a while itself to notice that the control server is back, the longer the longer that was away.
    [Fact]
    public async Task The_time_of_an_outage_does_not_count()
    {
        await SettleAsync();
        _bench.Control.Answers = false;
        SetOnline(false);
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Control.Asked >= 1, TimeSpan.FromSeconds(1));
        var gone = _bench.Clock.Now;
        await _bench.Clock.AdvanceUntilAsync(() => _bench.Control.Asked >= 3, TimeSpan.FromSeconds(1));
        var back = _bench.Clock.Now;
        _bench.Control.Answers = true;

        await _bench.Clock.AdvanceUntilAsync(() => Facts.Login.IsCutOff, TimeSpan.FromSeconds(1));

        Assert.InRange(_bench.Clock.Now - back, Timings.CutOff + (back - gone), TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_caller_that_gives_up_ends_poll_and_bus()
    {
        await StartAsync();

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _run);
        var streams = _bench.Api.Streams;
        await _bench.Clock.AdvanceByAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(streams, _bench.Api.Streams);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _bench.Dispose();
    }

    private static ServeFacts Served => new() { Applied = new ServeTarget(NodeFactsBuilder.Ports, null) };

    private static IpnNotify Health(HealthWarning warning) => new()
    {
        Health = new IpnHealth { Warnings = new Dictionary<string, HealthWarning> { [warning.WarnableCode!] = warning } },
    };

    private void Start() => _run = _observer.RunAsync(_stop.Token);

    private async Task StartAsync()
    {
        Start();
        await TestClock.UntilAsync(() => _bench.Api.Streams > 0);
    }

    /// <summary>Begins with a node that runs and serves.</summary>
    private async Task SettleAsync()
    {
        _bench.Facts.Change(known => known with { Serve = Served });
        _bench.Api.Become(BackendState.Running);
        await StartAsync();
        await TestClock.UntilAsync(() => Facts.Tailnet.IsRunning);
        await WaitsAsync(Timings.Poll);
    }

    private void SetOnline(bool online)
    {
        var status = FakeLocalApi.StatusOf(BackendState.Running);
        _bench.Api.Set(status with { Self = status.Self! with { Online = online } });
    }

    // As LocalApiClient does when tailscaled is stopped.
    private async Task<IpnStatus> NoAnswerAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(Timings.LocalApi, _bench.Clock, cancellationToken);
        throw FakeLocalApi.Refusal("tailscaled did not answer status");
    }

    private Task WaitsAsync(TimeSpan wait) => TestClock.UntilAsync(() => _bench.Clock.Waits(wait));
}
