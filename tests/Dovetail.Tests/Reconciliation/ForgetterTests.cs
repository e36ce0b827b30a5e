using Dovetail.Nodes;
using Dovetail.Reconciliation;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Reconciliation;

public sealed class ForgetterTests : ReconcilerTest
{
    private static readonly TimeSpan After = TimeSpan.FromHours(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Settle = 3 * Interval;

    private readonly string _root = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly FakeLogger<Forgetter> _log = new();
    private Forgetter _forgetter;
    private volatile string? _problem;
    private int _looks;

    public ForgetterTests() => _forgetter = Create();

    private IReadOnlyList<string> Said => [.. _log.Collector.GetSnapshot().Select(line => $"{line.Level} {line.Message}")];

    public override async ValueTask DisposeAsync()
    {
        await _forgetter.StopAsync(CancellationToken.None);
        _forgetter.Dispose();
        await base.DisposeAsync();
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_no_container_has_wanted_for_so_long_is_logged_out_after_two_lines_in_the_log()
    {
        Nodes.States["old"] = true;
        await StartAllAsync();
        Assert.Equal(TestClock.Noon + After, (await MachineAsync("old")).ForgottenAt);

        await PassAsync(After - TimeSpan.FromHours(1));
        Assert.False(Journal.Has("old: erase"));
        Assert.InRange((await MachineAsync("old")).ForgottenAt, Clock.Now + TimeSpan.FromMinutes(50), Clock.Now + TimeSpan.FromMinutes(70));

        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval, () => string.Join('\n', Said));
        await TestClock.UntilAsync(() => _forgetter.Machines.Count == 0);
        Assert.False(Journal.Has("old: erase by force"));
        Assert.Collection(
            Said.Take(3),
            line => Assert.StartsWith("Information old: no container wants it; unless one does, its machine is logged out", line),
            line => Assert.Matches("^Warning old: no container has wanted it for 15 h; its machine .* its state removed in 15 h", line),
            line => Assert.StartsWith("Information old: no container has wanted it for 30 h: its machine is logged out now", line));
        Assert.Empty(UnwantedFile.Read(_root));
    }

    [Fact]
    public async Task While_docker_cannot_be_listed_no_time_counts()
    {
        Nodes.States["old"] = true;
        await StartAllAsync();
        await PassAsync(After / 2);

        _problem = "Docker is away";
        await PassAsync(2 * After);
        Assert.False(Journal.Has("old: erase"));

        _problem = null;
        await PassAsync(After / 4);
        Assert.False(Journal.Has("old: erase"));
        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval);
    }

    [Fact]
    public async Task A_service_that_was_used_meanwhile_begins_anew()
    {
        Nodes.States["old"] = Nodes.States["other"] = true;
        await StartAllAsync();
        await PassAsync(After - TimeSpan.FromHours(1));

        Nodes.Used["old"] = Clock.Now;
        await Clock.AdvanceUntilAsync(() => Journal.Has("other: erased"), Interval);

        await PassAsync(After / 2);
        Assert.False(Journal.Has("old: erase"));
        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval);
    }

    [Fact]
    public async Task A_daemon_that_was_off_has_seen_nothing_and_forgets_nothing_before_it_has_looked_for_a_while()
    {
        UnwantedFile.Write(
            _root,
            [new UnwantedTime("due", TestClock.Noon, After), new UnwantedTime("half", TestClock.Noon, After / 2)]);
        Nodes.States["due"] = Nodes.States["half"] = true;
        Clock.Advance(TimeSpan.FromDays(60));

        await StartAllAsync();
        await PassAsync(Settle - Interval);
        Assert.False(Journal.Has("due: erase"));

        await Clock.AdvanceUntilAsync(() => Journal.Has("due: erased"), Interval);
        await PassAsync(After / 4);
        Assert.False(Journal.Has("half: erase"));
        await Clock.AdvanceUntilAsync(() => Journal.Has("half: erased"), Interval);
    }

    [Fact]
    public async Task What_it_has_seen_outlasts_it()
    {
        Nodes.States["old"] = true;
        await StartAllAsync();
        await PassAsync(After / 2);
        await _forgetter.StopAsync(Cancellation);

        Assert.InRange(Assert.Single(UnwantedFile.Read(_root)).Seen, (After / 2) - TimeSpan.FromMinutes(10), After / 2);
        _forgetter.Dispose();
        _forgetter = Create();
        await _forgetter.StartAsync(Cancellation);
        await PassAsync(After / 4);
        Assert.False(Journal.Has("old: erase"));
        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval);
    }

    [Fact]
    public async Task A_machine_that_cannot_be_logged_out_is_kept_and_tried_again_later_and_later()
    {
        UnwantedFile.Write(_root, [new UnwantedTime("old", TestClock.Noon, After)]);
        Nodes.States["old"] = true;
        Nodes.Erasing = Task.FromResult<string?>("no answer");
        await StartAllAsync();
        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval);
        await TestClock.UntilAsync(() => Said.Contains("Warning old: is not forgotten, and tried again in 4 min: no answer"));

        await PassAsync(TimeSpan.FromHours(3));
        var tries = Said.Count(line => line.Contains("tried again in", StringComparison.Ordinal));
        Assert.InRange(tries, 4, 7);
        Assert.Equal("no answer", (await MachineAsync("old")).Problem);
        Assert.True(Nodes.HasState("old"));

        Nodes.Erasing = Task.FromResult<string?>(null);
        await Clock.AdvanceUntilAsync(() => !Nodes.HasState("old"), TimeSpan.FromMinutes(10));
        await TestClock.UntilAsync(() => _forgetter.Machines.Count == 0);
    }

    [Fact]
    public async Task A_bug_ends_nothing_and_forgets_nothing()
    {
        Nodes.States["old"] = true;
        _problem = "bug";
        await StartAllAsync();
        await TestClock.UntilAsync(() => Said.Any(line => line.StartsWith("Error This is a bug in Dovetail", StringComparison.Ordinal)));

        _problem = null;
        await Clock.AdvanceUntilAsync(() => _forgetter.Machines.Count == 1, Interval);
    }

    [Theory]
    [InlineData("web 638000000000000000 60", true)]
    [InlineData("web 638000000000000000", false)]
    [InlineData("../web 638000000000000000 60", false)]
    [InlineData("web 9223372036854775807 60", false)]
    [InlineData("web 638000000000000000 99999999999", false)]
    [InlineData("web -1 60", false)]
    [InlineData("web 1 -60", false)]
    [InlineData("", false)]
    public void Of_what_stands_in_the_file_only_what_makes_sense_is_taken(string line, bool isTaken)
    {
        File.WriteAllText(UnwantedFile.PathIn(_root), line + "\n");

        Assert.Equal(isTaken ? 1 : 0, UnwantedFile.Read(_root).Count);
        Assert.Empty(UnwantedFile.Read(Path.Combine(_root, "nowhere")));
    }

    [Fact]
    public async Task Where_the_file_cannot_be_written_it_says_so_once_and_goes_on()
    {
        Directory.CreateDirectory(UnwantedFile.PathIn(_root));
        Nodes.States["old"] = true;
        await StartAllAsync();

        await PassAsync(TimeSpan.FromHours(1));

        Assert.Single(Said, line => line.Contains("cannot be written", StringComparison.Ordinal));
        await Clock.AdvanceUntilAsync(() => Journal.Has("old: erased"), Interval);
    }

    private Forgetter Create() => new(
        FindAsync, Reconciler, Nodes, new ForgetterOptions(After, Settle, Interval, _root), Clock, new Random(1), _log);

    // As the Engine is asked: what has a node is not among them.
    private Task<(IReadOnlyList<StoredState> States, string? Problem)> FindAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _looks);
        return _problem == "bug" ? throw new InvalidOperationException("boom")
            : Task.FromResult<(IReadOnlyList<StoredState>, string?)>(
                (_problem is null ? [.. ((INodeFactory)Nodes).States().OrderBy(state => state.Name)] : [], _problem));
    }

    private async Task StartAllAsync()
    {
        await StartListedAsync();
        await _forgetter.StartAsync(Cancellation);
        await TestClock.UntilAsync(() => Volatile.Read(ref _looks) > 0);
        await TestClock.UntilAsync(() => Clock.Waits(Interval));
    }

    private async Task<UnwantedMachine> MachineAsync(string name)
    {
        await TestClock.UntilAsync(() => _forgetter.Machines.Any(machine => machine.Name == name));
        return _forgetter.Machines.Single(machine => machine.Name == name);
    }

    private async Task PassAsync(TimeSpan time)
    {
        for (var end = Clock.Now + time; Clock.Now < end;)
        {
            var looks = Volatile.Read(ref _looks);
            await Clock.AdvanceByAsync(Interval, Interval);
            await TestClock.UntilAsync(() => Volatile.Read(ref _looks) > looks);
            await TestClock.UntilAsync(() => Clock.Waits(Interval), () => $"{Clock.Now}");
        }
    }
}
