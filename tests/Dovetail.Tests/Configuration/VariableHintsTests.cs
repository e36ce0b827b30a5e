using Dovetail.Configuration;

namespace Dovetail.Tests.Configuration;

public sealed class VariableHintsTests
{
    [Theory]
    [InlineData("TS_AUTH_KEY", "TS_AUTHKEY")]
    [InlineData("TAILSCALE_AUTHKEY", "TS_AUTHKEY")]
    [InlineData("ts_authkey", "TS_AUTHKEY")]
    [InlineData("TS_AUTHKY", "TS_AUTHKEY")]
    [InlineData("TS_STATEDIR", "TS_STATE_DIR")]
    [InlineData("TS_GRACE", "DOVETAIL_GRACE")]
    [InlineData("DOVETAIL_AUTHKEY", "TS_AUTHKEY")]
    [InlineData("DOVETAIL_STATE_DIR", "TS_STATE_DIR")]
    [InlineData("DOVETAIL_GARCE", "DOVETAIL_GRACE")]
    [InlineData("DOVETAIL_LOGLEVEL", "DOVETAIL_LOG_LEVEL")]
    [InlineData("DOCKERHOST_DOCKER_HOST", null)]
    [InlineData("DOCKER_TLSVERIFY", "DOCKER_TLS_VERIFY")]
    [InlineData("OTEL_SERVICENAME", "OTEL_SERVICE_NAME")]
    public void A_misspelt_variable_is_named_with_the_one_that_was_meant(string name, string? meant) => Assert.Equal(
        meant is null ? [] : [$"{name} is no variable of Dovetail's and has no effect; did you mean {meant}?"],
        VariableHints.Of([name]));

    [Fact]
    public void A_variable_of_ours_like_no_other_is_named_alone() => Assert.Equal(
        ["DOVETAIL_BANANA is no variable of Dovetail's and has no effect"], VariableHints.Of(["DOVETAIL_BANANA"]));

    [Fact]
    public void What_is_known_or_somebody_elses_is_left_alone() => Assert.Empty(VariableHints.Of(
        [
            "TS_AUTHKEY", "DOVETAIL_GRACE", "DOCKER_HOST", "PATH", "HOME", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_BUILDKIT",
            "TS_DEBUG_MTU", "TS_NETSTACK_KEEPALIVE_IDLE", "TS_LOGS_DIR", "TS_AUTH_ONCE", "TS_ROUTES", "TS_USERSPACE", "TS_HOSTNAME",
            "TS_SOCKET", "TAILSCALE_VERSION", "OTEL_METRICS_EXPORTER", "OTEL_TRACES_SAMPLER", "OTEL_EXPORTER_OTLP_TIMEOUT",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_METRIC_EXPORT_TIMEOUT",
        ]));
}
