using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What an OpenTelemetry collector gets of a running daemon.</summary>
public sealed class CollectorTests(Engine engine) : EndToEndTest(engine)
{
    private const string Web = "web";
    private const int Requests = 200;

    [Theory(Timeout = 300_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metrics_that_are_sent_count_what_was_served_also_what_came_last(bool isGrpc)
    {
        await using var collector = await OtlpCollector.StartAsync();
        await File.WriteAllTextAsync(Directory["headers"], "authorization=Bearer%20topsecret\n", Cancellation);
        await RunServiceAsync(Web);
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = (isGrpc ? collector.GrpcUrl : collector.HttpUrl).ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = isGrpc ? "grpc" : null,
            ["OTEL_EXPORTER_OTLP_HEADERS_FILE"] = Directory["headers"],
            ["OTEL_RESOURCE_ATTRIBUTES"] = "deployment.environment.name=test",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
        await daemon.ReadyAsync(Web);
        var client = peer.Http();
        await Parallel.ForAsync(0, Requests, Cancellation, async (_, token) =>
            await client.GetStringAsync($"https://{peer.NameOf(Web)}/", token));

        await Eventually.TrueAsync(() => collector.Requests.Count > 0, "a first export");
        var request = await Eventually.GetAsync(
            _ => Task.FromResult(collector.Requests[^1]), last => Served(last) == Requests, $"{Requests} requests to be counted");
        var duration = request.Find(
            "http.server.request.duration", ("dovetail.service", Web), ("http.response.status_class", "2xx"))!;
        Assert.Equal(((ulong)Requests, (ulong)Requests), (duration.Count, duration.Buckets.Aggregate(0UL, (sum, one) => sum + one)));
        Assert.InRange(duration.Sum, double.Epsilon, 240 * Requests);
        Assert.Equal(1, request.Find("dovetail.node.state", ("dovetail.service", Web), ("state", "Ready"))!.Value);
        Assert.InRange(request.Find("process.resident_memory")!.Value, 1 << 20, 1L << 40);
        Assert.Equal(("dovetail", "test"), (request.Resource["service.name"], request.Resource["deployment.environment.name"]));
        Assert.Equal("Bearer topsecret", collector.Headers["authorization"]);

        await client.GetStringAsync($"https://{peer.NameOf(Web)}/", Cancellation);
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Equal(Requests + 1, Served(collector.Requests[^1]));
        Assert.DoesNotContain("topsecret", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_collector_that_goes_away_and_comes_back_misses_nothing_and_nobody_else_notices()
    {
        var collector = await OtlpCollector.StartAsync();
        await RunServiceAsync(Web);
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.HttpUrl.ToString(),
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        });
        await daemon.ReadyAsync(Web);
        await Eventually.TrueAsync(() => collector.Requests.Count > 0, "a first export");
        await collector.DisposeAsync();

        await Eventually.TrueAsync(
            () => daemon.Log.Contains("Metrics do not reach the collector", StringComparison.Ordinal), "the log to say so");
        for (var i = 0; i < 5; i++)
        {
            await peer.Http().GetStringAsync($"https://{peer.NameOf(Web)}/", Cancellation);
        }

        await using var again = await OtlpCollector.StartAsync(collector.HttpUrl.Port);
        await Eventually.TrueAsync(() => again.Requests.Count > 0 && Served(again.Requests[^1]) == 5, "the sums to be there again");
        await Eventually.TrueAsync(() => daemon.Log.Contains("again, after", StringComparison.Ordinal), "the log to say so");
        Assert.Single(daemon.Log.Split('\n'), line => line.Contains("do not reach", StringComparison.Ordinal));
    }

    private static double? Served(OtlpRequest request) => request.Find(
        "dovetail.server.requests", ("dovetail.service", Web), ("http.response.status_class", "2xx"))?.Value;
}
