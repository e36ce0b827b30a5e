using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Upstreams;

public sealed class UpstreamAvailabilityTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FailingUpstreams _failing = new();
    private int _recoveries;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_upstream_that_refuses_is_probed_until_it_accepts()
    {
        var gone = await TestUpstream.GoneAsync("late");
        using var upstream = Availability(gone);
        await Assert.ThrowsAsync<UpstreamConnectException>(() => upstream.ConnectAsync(Token));
        Assert.Equal(ConnectFailure.Refused, upstream.Failure);
        Assert.Equal("late", Assert.Single(_failing.Current).Address.ContainerName);

        await using var back = await TestUpstream.StartAsync(_ => Task.CompletedTask, "late", port: gone.Port);
        _time.Advance(TimeSpan.FromMilliseconds(30));
        Assert.NotNull(upstream.Failure);
        _time.Advance(TimeSpan.FromMilliseconds(40));

        await Eventually.TrueAsync(() => Volatile.Read(ref _recoveries) == 1);
        Assert.Null(upstream.Failure);
        Assert.Empty(_failing.Current);
    }

    [Fact]
    public async Task An_upstream_that_is_retired_fails_no_more_and_is_not_connected_to()
    {
        var upstream = Availability(await TestUpstream.GoneAsync("gone"));
        await Assert.ThrowsAsync<UpstreamConnectException>(() => upstream.ConnectAsync(Token));

        upstream.Dispose();

        Assert.Empty(_failing.Current);
        var late = await Assert.ThrowsAsync<UpstreamConnectException>(() => upstream.ConnectAsync(Token));
        Assert.Equal(ConnectFailure.Unreachable, late.Failure);
        Assert.Empty(_failing.Current);
    }

    private UpstreamAvailability Availability(Upstream upstream) => new(
        UpstreamAddress.Of(upstream, serverName: null),
        new UpstreamDependencies("web", new ListenerOptions(), _time, new Random(1), _failing, NullLogger.Instance),
        () => Interlocked.Increment(ref _recoveries));
}
