using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dovetail.Processes;
using Dovetail.Tailscale;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Tailscale;

/// <summary>With a shell in the place of the <c>tailscale</c> command.</summary>
public sealed class TailscaleCommandTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<string> _output = new();

    [Fact]
    public async Task Standard_output_goes_to_the_caller_and_is_kept_nowhere()
    {
        var result = await RunAsync("echo SECRET; echo; echo '  reason  ' >&2; echo >&2; exit 1");

        Assert.Equal(new CommandResult(1, "reason"), result);
        Assert.Equal(["SECRET", ""], _output);
        Assert.DoesNotContain("SECRET", $"{result}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_last_lines_of_standard_error_are_kept()
    {
        var result = await RunAsync("i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i+1)); done");

        Assert.True(result.Succeeded);
        Assert.Equal(Enumerable.Range(980, 20).Select(static line => $"line {line}"), result.Error.Split('\n'));
    }

    [Fact]
    public async Task A_command_that_outlives_its_deadline_is_ended_and_the_result_says_so()
    {
        var time = new FakeTimeProvider();
        var running = RunAsync("echo $$; exec sleep 600", time, TimeSpan.FromMinutes(5));
        var process = await ProcessIdAsync();
        Assert.False(running.IsCompleted);

        time.Advance(TimeSpan.FromMinutes(5));

        var result = await running.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(new CommandResult(128 + 15, "no answer within 300 s"), result);
        Assert.False(Directory.Exists($"/proc/{process}"));
    }

    [Fact]
    public async Task A_caller_that_gives_up_leaves_no_command_behind()
    {
        using var cancellation = new CancellationTokenSource();
        var running = RunAsync("echo $$; exec sleep 600", cancellationToken: cancellation.Token);
        var process = await ProcessIdAsync();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists($"/proc/{process}"));
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_is_an_error_of_its_own()
    {
        var command = new TailscaleCommand("/nowhere/tailscale", [], TimeProvider.System);

        await Assert.ThrowsAsync<ChildStartException>(() =>
            command.RunAsync(["up"], Deadline, null, TestContext.Current.CancellationToken));
    }

    private Task<CommandResult> RunAsync(
        string script, TimeProvider? time = null, TimeSpan? deadline = null, CancellationToken? cancellationToken = null)
    {
        var environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin");
        return new TailscaleCommand("/bin/sh", environment, time ?? TimeProvider.System).RunAsync(
            ["-c", script], deadline ?? Deadline, _output.Enqueue, cancellationToken ?? TestContext.Current.CancellationToken);
    }

    private async Task<string> ProcessIdAsync()
    {
        await Eventually.TrueAsync(() => !_output.IsEmpty, "the process id");
        return _output.First();
    }
}
