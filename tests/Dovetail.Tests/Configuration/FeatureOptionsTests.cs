using Dovetail.Configuration;
using Dovetail.Nodes.Facts;

namespace Dovetail.Tests.Configuration;

/// <summary>Settings of what is there only when it is asked for: notifications, a collector of metrics, the dashboard.</summary>
public sealed class FeatureOptionsTests
{
    [Fact]
    public void Receivers_of_notifications_come_from_the_environment_or_from_a_file()
    {
        Assert.Null(Read([]).Options!.Notifications);
        var (options, errors) = Read(new() { ["DOVETAIL_NOTIFY"] = "https://ntfy.sh/t", ["DOVETAIL_NOTIFY_DELAY"] = "2m" });

        Assert.Empty(errors);
        var notifications = options!.Notifications!;
        Assert.Equal("ntfy at https://ntfy.sh", Assert.Single(notifications.Receivers.Read().Receivers).Title);
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(10)), (notifications.Watch.Delay, notifications.Watch.Quiet));
        Assert.Equal((Severity.Problem, false), (notifications.Least, notifications.TellsLoginUrls));
        Assert.NotNull(Read(new() { ["DOVETAIL_NOTIFY_FILE"] = "/run/secrets/notify" }).Options!.Notifications);
    }

    [Theory]
    [InlineData("DOVETAIL_NOTIFY", "https://a.example/ gopher://s3cr3t/", "entry number 2")]
    [InlineData("DOVETAIL_NOTIFY", "s3cr3t", "entry number 1")]
    [InlineData("DOVETAIL_NOTIFY", "\"https://example.com/s3cr3t\"", "quotes")]
    [InlineData("DOVETAIL_NOTIFY_DELAY", "2d", "0s to 24h")]
    [InlineData("DOVETAIL_NOTIFY_SEVERITY", "error", "give problem or notice")]
    [InlineData("DOVETAIL_NOTIFY_SEVERITY", "1", "give problem or notice")]
    public void What_is_wrong_about_notifications_is_said_without_a_secret(string variable, string value, string expected)
    {
        var (options, errors) = Read(new() { [variable] = value });

        Assert.Null(options);
        var error = Assert.Single(errors);
        Assert.StartsWith(variable + "=", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Receivers_are_named_in_one_place()
    {
        var (_, errors) = Read(
            new() { ["DOVETAIL_NOTIFY"] = "https://example.com/s3cr3t", ["DOVETAIL_NOTIFY_FILE"] = "/run/secrets/notify" });

        Assert.Contains("DOVETAIL_NOTIFY is set too", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://collector:4318", null, null, "http://collector:4318/v1/metrics")]
    [InlineData("https://otlp.example.com/otlp/", null, null, "https://otlp.example.com/otlp/v1/metrics")]
    [InlineData("http://collector:4318", "http://other:9090/api/v1/otlp/v1/metrics", null, "http://other:9090/api/v1/otlp/v1/metrics")]
    [InlineData(null, "http://other", null, "http://other/")]
    [InlineData(
        "http://collector:4317", null, "grpc",
        "http://collector:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export")]
    public void A_collector_is_named_as_openTelemetry_has_it(string? endpoint, string? ofMetrics, string? protocol, string address)
    {
        var (options, errors) = Read(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint!,
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = ofMetrics!,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = protocol!,
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "15000",
            ["OTEL_SERVICE_NAME"] = "front",
        });

        Assert.Empty(errors);
        Assert.Equal((address, protocol == "grpc"), (options!.Otlp!.Address.AbsoluteUri, options.Otlp.IsGrpc));
        Assert.Equal((TimeSpan.FromSeconds(15), "front"), (options.Otlp.Interval, options.Otlp.ServiceName));
    }

    [Fact]
    public void Nothing_is_sent_to_a_collector_unless_one_is_named()
    {
        Assert.Null(Read(new() { ["OTEL_SERVICE_NAME"] = "front", ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000" }).Options!.Otlp);
        Assert.Null(
            Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://collector:4318", ["OTEL_SDK_DISABLED"] = "true" }).Options!.Otlp);
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "http://collector:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:s3cret@collector", "OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/v1/metrics", "without /v1/metrics")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics", "http://collector:4318")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf or grpc")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "s3cret", "name=value")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "\"authorization=s3cret\"", "has quotes around it")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "15s", "100 to 86400000")]
    [InlineData("OTEL_RESOURCE_ATTRIBUTES", "home", "name=value")]
    [InlineData("OTEL_SDK_DISABLED", "perhaps", "true")]
    public void What_is_wrong_about_a_collector_is_said_at_start(string variable, string value, string fix)
    {
        var (options, errors) = Read(new() { [variable] = value });

        Assert.Null(options);
        var error = Assert.Single(errors);
        Assert.StartsWith(variable, error, StringComparison.Ordinal);
        Assert.Contains(fix, error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Headers_come_from_one_place()
    {
        var (_, errors) = Read(new()
        {
            ["OTEL_EXPORTER_OTLP_HEADERS"] = "a=s3cret",
            ["OTEL_EXPORTER_OTLP_HEADERS_FILE"] = "/run/secrets/otlp",
        });

        Assert.Equal(["OTEL_EXPORTER_OTLP_HEADERS_FILE=/run/secrets/otlp: OTEL_EXPORTER_OTLP_HEADERS is set too; set one of them"], errors);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("not a rule")]
    [InlineData("ada@example.com,,")]
    public void A_dashboard_is_for_nobody_until_it_is_said_for_whom(string? allow)
    {
        var (options, errors) = Read(new() { ["DOVETAIL_DASHBOARD"] = "home", ["DOVETAIL_DASHBOARD_ALLOW"] = allow! });

        Assert.Null(options);
        Assert.Contains("DOVETAIL_DASHBOARD_ALLOW", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada@example.com", 1, false)]
    [InlineData("*@example.com, tag:ops", 2, false)]
    [InlineData("ada@example.com,*", 1, true)]
    [InlineData("*", 0, true)]
    public void A_dashboard_is_for_those_that_are_named(string allow, int viewers, bool startPageForAll)
    {
        var (options, errors) = Read(new()
        {
            ["DOVETAIL_DASHBOARD"] = "home",
            ["DOVETAIL_DASHBOARD_ALLOW"] = allow,
            ["DOVETAIL_TAGS"] = "tag:web",
        });

        Assert.Empty(errors);
        Assert.Equal(viewers, options!.Dashboard!.Audience.Viewers.Count);
        Assert.Equal(startPageForAll, options.Dashboard.Audience.StartPageForAll);
        Assert.Empty(options.Dashboard.Admins);
        var service = options.Services.Own!;
        Assert.Equal(("home", true), (service.Name, service.IsOwn));
        Assert.Equal(startPageForAll ? 0 : viewers, service.Allow.Count);
        Assert.Equal(["tag:web"], service.Tags);
    }

    [Theory]
    [InlineData("Ada@Example.com", true)]
    [InlineData("bob@crew.example", true)]
    [InlineData("tag:ops", true)]
    [InlineData("eve@example.com", false)]
    [InlineData("ada@example.com,*@example.com", false)]
    [InlineData("tag:other", false)]
    public void Who_gives_orders_has_to_be_let_in_too(string admins, bool fits)
    {
        var (options, errors) = Read(new()
        {
            ["DOVETAIL_DASHBOARD"] = "home",
            ["DOVETAIL_DASHBOARD_ALLOW"] = "ada@example.com,*@crew.example,tag:ops,*",
            ["DOVETAIL_DASHBOARD_ADMINS"] = admins,
        });

        Assert.Equal(fits, options?.Dashboard?.Admins.Count > 0);
        Assert.Equal(fits ? 0 : 1, errors.Count(error => error.Contains("is not among those of DOVETAIL_DASHBOARD_ALLOW", StringComparison.Ordinal)));
    }

    [Fact]
    public void There_is_no_dashboard_unless_it_is_asked_for()
    {
        var (options, errors) = Read(new() { ["DOVETAIL_DASHBOARD_ALLOW"] = "*" });

        Assert.Empty(errors);
        Assert.Null(options!.Dashboard);
        Assert.Null(options.Services.Own);
    }

    private static (DovetailOptions? Options, IReadOnlyList<string> Errors) Read(Dictionary<string, string> variables) =>
        OptionsReader.Read(variables.GetValueOrDefault);
}
