using Dovetail.Metrics;
using Dovetail.Metrics.Otlp;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Metrics.Otlp;

public sealed class OtlpDocumentTests
{
    private static readonly MetricFamily Kept = new("a.kept", MetricKind.Gauge, "", "Kept.");

    [Fact]
    public void It_is_what_was_written()
    {
        var document = new OtlpDocument([new("service.name", "ünï")], "1", TestClock.Noon);
        document.Begin(new MetricFamily("no.sample", MetricKind.Gauge, "", "Left out."));
        document.Begin(Kept).Sample(0.5, ("color", "red"));
        document.Begin(new MetricFamily("a.count", MetricKind.Counter, "s", "Count.")).Sample(TestClock.Noon.AddSeconds(-1), 7);
        document.Begin(new MetricFamily("a.summary", MetricKind.Summary, "s", "Summary.")).Distribution(null, [], [3], 1.5);
        var read = OtlpRequest.Parse(document.ToBytes().ToArray());

        Assert.Equal("ünï", read.Resource["service.name"]);
        Assert.Equal(["a.kept", "a.count", "a.summary"], read.Metrics.Select(metric => metric.Name));
        var (gauge, count, summary) = (read.Metrics[0], read.Metrics[1], read.Metrics[2]);
        Assert.Equal(("gauge", "Kept.", 0.5, 0UL), (gauge.Kind, gauge.Description, gauge.Points[0].Value, gauge.Points[0].Start));
        Assert.Equal("red", gauge.Points[0].Attributes["color"]);
        Assert.Equal(1_000_000_000UL, count.Points[0].Time - count.Points[0].Start);
        Assert.Equal(1795348800UL * 1_000_000_000, count.Points[0].Time);
        Assert.Equal(("histogram", true, 3UL, 1.5), (summary.Kind, summary.IsCumulative, summary.Points[0].Count, summary.Points[0].Sum));
        Assert.Equal([3UL], summary.Points[0].Buckets);
        Assert.Empty(summary.Points[0].Bounds);
    }

    [Fact]
    public void A_thousand_services_fit()
    {
        var document = new OtlpDocument([], "1", TestClock.Noon);
        var writer = document.Begin(Kept);
        for (var i = 0; i < 20_000; i++)
        {
            writer.Sample(i, ("dovetail.service", $"service-{i}"), ("state", new string('x', 200)));
        }

        var points = OtlpRequest.Parse(document.ToBytes().ToArray()).Metrics.Single().Points;
        Assert.Equal(20_000, points.Count);
        Assert.All(points.Index(), point => Assert.Equal(point.Index, point.Item.Value));
    }

    [Theory]
    [InlineData("http.server.request.duration", "s", "Histogram", "http_server_request_duration_seconds")]
    [InlineData("dovetail.server.request.body", "By", "Counter", "dovetail_server_request_body_bytes_total")]
    [InlineData("dovetail.server.active_requests", "{request}", "UpDownCounter", "dovetail_server_active_requests")]
    [InlineData("dovetail.node.state", "", "Gauge", "dovetail_node_state")]
    public void Prometheus_gets_the_name_that_a_collector_would_give_it(string name, string unit, string kind, string expected) =>
        Assert.Equal(expected, new MetricFamily(name, Enum.Parse<MetricKind>(kind), unit, "").PrometheusName);

    [Fact]
    public void Answers_that_are_no_messages_do_no_harm()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            _ = OtlpStatus.Message(bytes, out _);
            _ = OtlpStatus.PartialSuccess(bytes);
        }
    }
}
