using System.Collections;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class ChildEnvironmentTests
{
    [Theory]
    [InlineData("TS_AUTHKEY")]
    [InlineData("TS_AUTH_KEY")]
    [InlineData("TS_AUTHKEY_FILE")]
    [InlineData("TS_API_CLIENT_SECRET")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_HEADERS")]
    [InlineData("ts_authkey")]
    [InlineData("DOVETAIL_TAGS")]
    public void Secrets_and_dovetails_own_settings_stay_behind(string name) =>
        Assert.Empty(ChildEnvironment.From(new Hashtable { [name] = "x" }));

    [Theory]
    [InlineData("TS_DEBUG_ACME_DIRECTORY_URL")]
    [InlineData("SSL_CERT_FILE")]
    [InlineData("HTTPS_PROXY")]
    [InlineData("PATH")]
    public void What_tailscaled_needs_reaches_it(string name) =>
        Assert.Equal("x", ChildEnvironment.From(new Hashtable { [name] = "x" })[name]);
}
