using Dovetail.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Configuration;

public sealed class DirectoryLockTests : IDisposable
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public void One_holder_at_a_time()
    {
        using (var first = DirectoryLock.TryTake(_directory))
        {
            Assert.NotNull(first);
            Assert.Null(DirectoryLock.TryTake(_directory));
        }

        using var next = DirectoryLock.TryTake(_directory);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task Who_waits_says_so_once_and_takes_over_when_the_first_lets_go()
    {
        var said = new List<string>();
        var first = DirectoryLock.TryTake(_directory)!;

        var waiting = DirectoryLocks.TakeAsync(_directory, Runtime(), TimeProvider.System, Say, Cancellation);
        await Eventually.TrueAsync(() => said.Count == 1, "the wait to be said");
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        var (locks, refusal) = await waiting;

        Assert.Null(refusal);
        Assert.Null(DirectoryLock.TryTake(_directory));
        locks!.Dispose();
        Assert.Contains($"TS_STATE_DIR={_directory}: another Dovetail uses it; waiting up to 60 s", Assert.Single(said), StringComparison.Ordinal);

        Task Say(string line)
        {
            said.Add(line);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task After_a_minute_it_gives_up_and_lets_go_of_what_it_has()
    {
        var clock = new FakeTimeProvider();
        var runtime = Runtime();
        using var first = DirectoryLock.TryTake(runtime)!;

        var waiting = DirectoryLocks.TakeAsync(_directory, runtime, clock, _ => Task.CompletedTask, Cancellation);
        var waited = TimeSpan.Zero;
        await Eventually.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                waited += TimeSpan.FromSeconds(1);
                return waiting.IsCompleted;
            },
            "the wait to end");
        var (locks, refusal) = await waiting;

        Assert.True(waited >= TimeSpan.FromSeconds(60), $"{waited}");

        Assert.Null(locks);
        Assert.Contains($"DOVETAIL_RUNTIME_DIR={runtime}: another Dovetail uses it; stop that one", refusal, StringComparison.Ordinal);
        using var free = DirectoryLock.TryTake(_directory);
        Assert.NotNull(free);
    }

    [Fact]
    public async Task A_lock_file_that_cannot_be_opened_is_no_other_daemon()
    {
        Directory.CreateDirectory(Path.Combine(_directory, DirectoryLock.FileName));

        var (locks, refusal) = await DirectoryLocks.TakeAsync(
            _directory, Runtime(), TimeProvider.System, _ => Task.CompletedTask, Cancellation);

        Assert.Null(locks);
        Assert.StartsWith($"TS_STATE_DIR={_directory}: .dovetail.lock in it cannot be written", refusal, StringComparison.Ordinal);
    }

    private string Runtime() => Directory.CreateDirectory(Path.Combine(_directory, "run")).FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
