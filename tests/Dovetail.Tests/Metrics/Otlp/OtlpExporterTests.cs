using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.Metrics.Otlp;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Metrics.Otlp;

public sealed class OtlpExporterTests : IAsyncLifetime
{
    private OtlpCollector _collector = null!;

    public async ValueTask InitializeAsync() => _collector = await OtlpCollector.StartAsync();

    public ValueTask DisposeAsync() => _collector.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sums_and_histograms_are_what_was_served(bool isGrpc)
    {
        await using var bench = New(isGrpc);
        await bench.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            bench.Web.RequestEnded(200);
            bench.Web.RequestMeasured(200, TimeSpan.FromMilliseconds(30), 7, 100);
        }

        bench.Web.RequestMeasured(200, TimeSpan.FromMinutes(2), 0, 1);
        bench.Web.RequestEnded(503);
        using var active = bench.Web.TrackRequest();
        await bench.ExportAsync(ExporterBench.Interval);
        bench.Web.RequestEnded(200);
        await bench.ExportAsync(ExporterBench.Interval, ExporterBench.Interval);

        var (first, second) = (_collector.Requests[0], _collector.Requests[1]);
        var requests = first.Metrics.Single(metric => metric.Name == "dovetail.server.requests");
        Assert.Equal(("sum", true, true, "{request}"), (requests.Kind, requests.IsCumulative, requests.IsMonotonic, requests.Unit));
        Assert.Equal(3, Requests(first, "2xx").Value);
        Assert.Equal(1, Requests(first, "5xx").Value);
        Assert.Equal(4, Requests(second, "2xx").Value);
        Assert.Equal(Requests(first, "2xx").Start, Requests(second, "2xx").Start);
        Assert.Equal((ulong)ExporterBench.Interval.TotalNanoseconds, Requests(second, "2xx").Time - Requests(first, "2xx").Time);

        var duration = first.Metrics.Single(metric => metric.Name == "http.server.request.duration");
        Assert.Equal(("histogram", true, "s"), (duration.Kind, duration.IsCumulative, duration.Unit));
        var point = Assert.Single(duration.Points);
        Assert.Equal((4UL, 120.09), (point.Count, Math.Round(point.Sum, 6)));
        Assert.Equal(point.Bounds.Count + 1, point.Buckets.Count);
        Assert.Equal((3UL, 1UL), (point.Buckets[point.Bounds.ToList().IndexOf(0.05)], point.Buckets[^1]));
        Assert.Equal(60, point.Bounds[^1]);

        var flying = first.Metrics.Single(metric => metric.Name == "dovetail.server.active_requests");
        Assert.Equal(("sum", false, 1), (flying.Kind, flying.IsMonotonic, Assert.Single(flying.Points).Value));
        Assert.Equal(21, first.Find("dovetail.server.request.body", ("dovetail.service", "web"))!.Value);
        Assert.Equal(("Dovetail", "1.2.3"), (first.Scope, first.Version));
    }

    [Fact]
    public async Task The_resource_says_which_dovetail_it_is()
    {
        await using var bench = New(change: options =>
            ExporterBench.With(options, ("service.instance.id", "attic"), ("deployment.environment.name", "home")));
        await bench.StartAsync();
        await bench.ExportAsync(ExporterBench.Interval);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["service.name"] = "dovetail",
                ["service.version"] = "1.2.3",
                ["service.instance.id"] = "attic",
                ["host.name"] = Environment.MachineName,
                ["deployment.environment.name"] = "home",
            },
            _collector.Requests[0].Resource);
    }

    [Fact]
    public async Task A_name_of_its_own_wins()
    {
        await using var bench = New(change: options =>
            ExporterBench.With(options, ("service.name", "other")) with { ServiceName = "front" });
        await bench.StartAsync();
        await bench.ExportAsync(ExporterBench.Interval);

        Assert.Equal("front", _collector.Requests[0].Resource["service.name"]);
    }

    [Fact]
    public async Task A_collector_that_is_away_is_tried_again_ever_more_seldom_and_said_once_and_so_is_its_return()
    {
        await _collector.DisposeAsync();
        await using var bench = New();
        await bench.StartAsync();
        bench.Web.RequestEnded(200);
        await bench.ExportAsync(TimeSpan.FromSeconds(1));
        await bench.ExportAsync(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        await bench.ExportAsync(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));

        var line = Assert.Single(bench.Warnings);
        Assert.Contains($"do not reach the collector at http://127.0.0.1:{_collector.HttpUrl.Port}", line, StringComparison.Ordinal);
        Assert.Contains("Connection refused", line, StringComparison.Ordinal);

        _collector = await OtlpCollector.StartAsync(_collector.HttpUrl.Port);
        await bench.ExportAsync(TimeSpan.FromSeconds(4), ExporterBench.Interval);
        Assert.Equal(1, Requests(Assert.Single(_collector.Requests), "2xx").Value);
        Assert.Contains("again, after 7 s", bench.Log.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_collector_that_asks_to_wait_is_not_asked_before(int status)
    {
        await using var bench = New();
        _collector.Instead = Answer(status, "90");
        await bench.StartAsync();
        await bench.ExportAsync(TimeSpan.FromSeconds(90));
        _collector.Instead = Answer(status, bench.Clock.Now.AddSeconds(90 + 30).ToString("R", CultureInfo.InvariantCulture));
        await bench.ExportAsync(TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(30));
        _collector.Instead = Answer(status, "1000000000");
        await bench.ExportAsync(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10));
        _collector.Instead = Answer(status, null);
        await bench.ExportAsync(TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(8));
        _collector.Instead = null;
        await bench.ExportAsync(TimeSpan.FromSeconds(8), ExporterBench.Interval);

        Assert.Single(_collector.Requests);
        Assert.Contains($"HTTP {status}", bench.Warnings[0], StringComparison.Ordinal);
        Assert.Equal(2, bench.Warnings.Count);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(404)]
    [InlineData(301)]
    [InlineData(500)]
    public async Task What_a_collector_refuses_is_not_sent_again_before_its_time(int status)
    {
        await using var bench = New();
        _collector.Instead = context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Headers.Location = _collector.HttpUrl.ToString();
            // google.rpc.Status: code 3, message "no\u001bsuch".
            context.Response.Body.WriteAsync("\u0008\u0003\u0012\u0006no\u001bsuc"u8.ToArray()).AsTask().Wait();
            return true;
        };
        await bench.StartAsync();
        await bench.ExportAsync(ExporterBench.Interval);

        Assert.Empty(_collector.Requests);
        var line = Assert.Single(bench.Warnings);
        Assert.Contains($"HTTP {status}: \"no\\u{{1B}}suc\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_taken_in_part_is_said_and_not_sent_again()
    {
        await using var bench = New();
        _collector.Instead = context =>
        {
            context.Response.ContentType = "application/x-protobuf";
            context.Response.Body.WriteAsync("\u000a\u0007\u0008\u0003\u0012\u0003old"u8.ToArray()).AsTask().Wait();
            return true;
        };
        await bench.StartAsync();
        await bench.ExportAsync(ExporterBench.Interval);

        Assert.Contains("left out 3 values: \"old\"", Assert.Single(bench.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_came_last_is_sent_at_the_end_also_of_services_that_are_gone()
    {
        await using var bench = New();
        await bench.StartAsync();
        bench.Web.RequestEnded(200);
        await bench.ExportAsync(ExporterBench.Interval);
        bench.Web.RequestEnded(200);
        bench.Gone.RequestEnded(200);
        await bench.StopAsync();

        Assert.Equal(2, Requests(_collector.Requests[^1], "2xx").Value);
        Assert.Equal(1, OfGone(_collector.Requests[^1])?.Value);

        static OtlpPoint? OfGone(OtlpRequest request) => request.Find(
            "dovetail.server.requests", ("dovetail.service", "gone"), ("http.response.status_class", "2xx"));
    }

    [Fact]
    public async Task A_collector_that_does_not_answer_does_not_keep_the_end_waiting()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var bench = new ExporterBench(new Uri($"http://{silent.LocalEndpoint}"));
        await bench.StartAsync();

        await bench.Exporter.StopAsync(TestContext.Current.CancellationToken);
        var end = bench.Exporter.StoppedAsync(TestContext.Current.CancellationToken);
        await bench.WaitsAsync(TimeSpan.FromSeconds(2));
        Assert.False(end.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await end.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Headers_are_sent_and_read_anew_and_never_logged()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "authorization=Bearer%20first, x-tenant=me\n", TestContext.Current.CancellationToken);
            await using var bench = New(change: options => options with { Headers = new OtlpHeaders([], file) });
            await bench.StartAsync();
            await bench.ExportAsync(ExporterBench.Interval);
            Assert.Equal(("Bearer first", "me"), (_collector.Headers["authorization"], _collector.Headers["x-tenant"]));

            await File.WriteAllTextAsync(file, "authorization=Bearer second", TestContext.Current.CancellationToken);
            await bench.ExportAsync(ExporterBench.Interval, ExporterBench.Interval);
            Assert.Equal("Bearer second", _collector.Headers["authorization"]);

            await File.WriteAllTextAsync(file, "topsecret", TestContext.Current.CancellationToken);
            await bench.ExportAsync(ExporterBench.Interval, TimeSpan.FromSeconds(1));
            Assert.Equal(2, _collector.Requests.Count);
            Assert.Contains("OTEL_EXPORTER_OTLP_HEADERS_FILE", Assert.Single(bench.Warnings), StringComparison.Ordinal);
            Assert.All(
                bench.Log.Collector.GetSnapshot(),
                line => Assert.DoesNotMatch("Bearer (first|second)|topsecret", line.Message));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_port_of_the_other_protocol_is_pointed_out()
    {
        await using var bench = New(change: options => options with { Address = new Uri("http://127.0.0.1:4317/v1/metrics") });
        await bench.StartAsync();
        await bench.ExportAsync(TimeSpan.FromSeconds(1));

        Assert.Contains("OTEL_EXPORTER_OTLP_PROTOCOL=grpc", Assert.Single(bench.Warnings), StringComparison.Ordinal);
    }

    private ExporterBench New(bool isGrpc = false, Func<OtlpOptions, OtlpOptions>? change = null) =>
        new(isGrpc ? _collector.GrpcUrl : _collector.HttpUrl, isGrpc, change);

    private static OtlpPoint Requests(OtlpRequest request, string statusClass) => request.Find(
        "dovetail.server.requests", ("dovetail.service", "web"), ("http.response.status_class", statusClass))!;

    private static Func<HttpContext, bool> Answer(int status, string? retryAfter) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.Headers.RetryAfter = retryAfter;
        return true;
    };
}
