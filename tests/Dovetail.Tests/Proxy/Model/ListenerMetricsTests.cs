using System.Diagnostics.Metrics;
using System.Net;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace Dovetail.Tests.Proxy.Model;

public sealed class ListenerMetricsTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<ProxyMetrics>().BuildServiceProvider();
    private readonly ListenerMetrics _metrics;

    public ListenerMetricsTests() => _metrics = new ListenerMetrics(_services.GetRequiredService<ProxyMetrics>(), "web");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(101, "1xx")]
    [InlineData(200, "2xx")]
    [InlineData(308, "3xx")]
    [InlineData(499, "4xx")]
    [InlineData(503, "5xx")]
    [InlineData(999, "other")]
    public void Requests_are_counted_by_service_and_class_of_status(int status, string expected)
    {
        using var collector = Collect("requests");

        _metrics.RequestEnded(status);

        var measurement = collector.LastMeasurement!;
        Assert.Equal(1, measurement.Value);
        Assert.Equal(2, measurement.Tags.Count);
        Assert.Equal("web", measurement.Tags["dovetail.service"]);
        Assert.Equal(expected, measurement.Tags["http.response.status_class"]);
    }

    [Fact]
    public void Every_reason_for_a_refusal_has_a_tag_of_its_own()
    {
        using var collector = Collect("refused_connections");

        foreach (var reason in Enum.GetValues<RefusalReason>())
        {
            _metrics.ConnectionRefused(reason);
        }

        var tags = collector.GetMeasurementSnapshot().Select(measurement => (string)measurement.Tags["dovetail.refusal.reason"]!).ToList();
        Assert.Distinct(tags);
        Assert.Contains("too_many_from_peer", tags);
        Assert.DoesNotContain("other", tags);
    }

    [Fact]
    public void What_began_before_anything_collected_is_not_counted_out()
    {
        var early = _metrics.TrackRequest();
        using var collector = Collect("active_requests");

        using (_metrics.TrackRequest())
        {
            early.Dispose();
            Assert.Equal(1, collector.GetMeasurementSnapshot().EvaluateAsCounter());
        }

        Assert.Equal(0, collector.GetMeasurementSnapshot().EvaluateAsCounter());
    }

    [Fact]
    public void Nothing_is_allocated_while_nothing_collects()
    {
        Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Measure();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Measure()
        {
            using var request = _metrics.TrackRequest();
            using var held = _metrics.TrackHeldRequest();
            using var connection = _metrics.TrackConnection();
            _metrics.RequestEnded(200);
            _metrics.RequestDenied();
            _metrics.RequestFailed();
            _metrics.ConnectionRefused(RefusalReason.NoUpstream);
        }
    }

    [Fact]
    public async Task A_listener_counts_what_it_serves_and_what_it_does_not()
    {
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            context.Response.StatusCode = context.Request.Path == "/none" ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
            return Task.CompletedTask;
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream) with { Hold = TimeSpan.Zero });
        using var client = listener.Client();

        using var found = await client.GetAsync("/", Token);
        using var none = await client.GetAsync("/none", Token);
        await listener.UpdateAsync(TestListener.Service() with { Hold = TimeSpan.Zero });
        using var failed = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        await Eventually.TrueAsync(() => listener.Metrics.Requests == 3);
        Assert.Equal((1, 1, 1), (listener.Metrics.Answered("2xx"), listener.Metrics.Answered("4xx"), listener.Metrics.Answered("5xx")));
        Assert.Equal((1, 0), (listener.Metrics.FailedRequests, listener.Metrics.DeniedRequests));
    }

    private MetricCollector<long> Collect(string name) =>
        new(_services.GetRequiredService<IMeterFactory>(), ProxyMetrics.MeterName, $"dovetail.server.{name}");
}
