using System.Net;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Identity;

public sealed class PeerCacheTests
{
    private static readonly IPEndPoint Laptop = TestListener.Laptop;

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_that_come_together_share_one_look_up()
    {
        var answer = new TaskCompletionSource<Peer?>();
        var directory = new FakeDirectory { Answer = (_, _) => answer.Task };
        var cache = Cache(directory);

        var waiting = Enumerable.Range(0, 50)
            .Select(port => cache.GetAsync(new IPEndPoint(Laptop.Address, port), Token).AsTask())
            .ToArray();
        answer.SetResult(FakeDirectory.Ada);

        Assert.All(await Task.WhenAll(waiting), identity => Assert.Equal("ada@example.com", identity.Peer!.User!.Login));
        Assert.Equal(1, directory.Lookups);
    }

    [Fact]
    public async Task An_identity_is_asked_for_again_after_ten_seconds()
    {
        var directory = FakeDirectory.Knowing(FakeDirectory.Ada);
        var cache = Cache(directory);
        await cache.GetAsync(Laptop, Token);

        _time.Advance(TimeSpan.FromSeconds(9));
        await cache.GetAsync(Laptop, Token);
        Assert.Equal(1, directory.Lookups);

        _time.Advance(TimeSpan.FromSeconds(1));
        directory.Answer = (_, _) => Task.FromResult<Peer?>(FakeDirectory.Tagged);
        Assert.Null((await cache.GetAsync(Laptop, Token)).Peer!.User);
    }

    [Fact]
    public async Task A_failed_look_up_is_forgotten_after_a_second()
    {
        var directory = FakeDirectory.Down();
        var cache = Cache(directory);
        Assert.True((await cache.GetAsync(Laptop, Token)).Failed);

        directory.Answer = (_, _) => Task.FromResult<Peer?>(FakeDirectory.Ada);
        Assert.True((await cache.GetAsync(Laptop, Token)).Failed);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("ada@example.com", (await cache.GetAsync(Laptop, Token)).Peer!.User!.Login);
    }

    [Fact]
    public async Task A_directory_that_hangs_is_given_up_after_five_seconds()
    {
        var asked = new TaskCompletionSource();
        var directory = new FakeDirectory
        {
            Answer = (_, _) =>
            {
                asked.SetResult();
                return new TaskCompletionSource<Peer?>().Task;
            },
        };
        var waiting = Cache(directory).GetAsync(Laptop, Token).AsTask();
        await asked.Task;

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.True((await waiting).Failed);
    }

    [Fact]
    public async Task A_client_that_goes_away_does_not_spoil_the_look_up_for_others()
    {
        var answer = new TaskCompletionSource<Peer?>();
        var cache = Cache(new FakeDirectory { Answer = (_, _) => answer.Task });
        using var gone = new CancellationTokenSource();
        var first = cache.GetAsync(Laptop, gone.Token).AsTask();
        var second = cache.GetAsync(Laptop, Token).AsTask();

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answer.SetResult(FakeDirectory.Ada);

        Assert.NotNull((await second).Peer);
    }

    private PeerCache Cache(FakeDirectory directory) => new("web", directory, new ListenerOptions(), _time, NullLogger.Instance);
}
