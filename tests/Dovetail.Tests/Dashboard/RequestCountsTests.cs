using Dovetail.Dashboard;
using Dovetail.Proxy.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Dashboard;

public sealed class RequestCountsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<ProxyMetrics>().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Requests_are_counted_by_service_and_those_of_the_last_minute_apart()
    {
        var instruments = _services.GetRequiredService<ProxyMetrics>();
        using var counts = new RequestCounts(instruments, _time);
        var (web, blog) = (new ListenerMetrics(instruments, "web"), new ListenerMetrics(instruments, "blog"));

        web.RequestEnded(200);
        web.RequestEnded(404);
        _time.Advance(TimeSpan.FromSeconds(30));
        web.RequestEnded(503);
        blog.RequestEnded(200);

        Assert.Equal(new ServiceRequests(3, 1, 1, 3), counts.Of("web"));
        Assert.Equal(new ServiceRequests(1, 0, 0, 1), counts.Of("blog"));
        Assert.Equal(new ServiceRequests(0, 0, 0, 0), counts.Of("other"));
        Assert.False(web.MeasuresRequests);

        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(new ServiceRequests(3, 1, 1, 1), counts.Of("web"));
        web.RequestEnded(200);
        Assert.Equal(new ServiceRequests(4, 1, 1, 2), counts.Of("web"));
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(new ServiceRequests(4, 1, 1, 0), counts.Of("web"));

        counts.KeepOnly(new HashSet<string> { "blog" });
        Assert.Equal(0, counts.Of("web").Total);
        Assert.Equal(1, counts.Of("blog").Total);
    }

    public void Dispose() => _services.Dispose();
}
