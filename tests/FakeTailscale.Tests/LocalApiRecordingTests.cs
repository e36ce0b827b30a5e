namespace FakeTailscale.Tests;

/// <summary>Rules of requests and answers, as recorded with 1.96.5.</summary>
public sealed class LocalApiRecordingTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("Host: local-tailscaled.sock", 200, "")]
    [InlineData("Host: ", 200, "")]
    [InlineData("Host: localhost", 403, "invalid localapi request\n")]
    [InlineData("Host: local-tailscaled.sock:80", 403, "invalid localapi request\n")]
    [InlineData("Host: local-tailscaled.sock\r\nReferer: http://example.com/", 403, "invalid localapi request\n")]
    [InlineData("Host: local-tailscaled.sock\r\nOrigin: http://example.com", 403, "invalid localapi request\n")]
    [InlineData("Host: local-tailscaled.sock\r\nSec-Fetch-Site: cross-site", 200, "")]
    [InlineData("Accept: */*", 400, "400 Bad Request: missing required Host header")]
    public async Task The_head_of_a_request_is_checked(string headers, int status, string body)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("hdr");
        RawReply reply = await RawReply.ExchangeAsync(
            node.Socket, $"GET /localapi/v0/status?peers=false HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n", Limit);
        Assert.Equal(status, reply.Status);
        if (status != 200)
        {
            Assert.Equal(body, reply.Body);
        }

        if (status == 400)
        {
            Assert.Equal("HTTP/1.1 400 Bad Request: missing required Host header", reply.StatusLine);
        }
    }

    [Theory]
    [InlineData("GET", "/localapi/v0/", 404, "404 page not found\n")]
    [InlineData("GET", "/localapi/v0/nope", 404, "404 page not found\n")]
    [InlineData("GET", "/localapi/v1/status", 404, "404 page not found\n")]
    [InlineData("GET", "/localapi/v0/status/", 404, "404 page not found\n")]
    [InlineData("GET", "/localapi/v0/start", 400, "want POST\n")]
    [InlineData("GET", "/localapi/v0/logout", 400, "want POST\n")]
    [InlineData("DELETE", "/localapi/v0/prefs", 405, "unsupported method\n")]
    [InlineData("PUT", "/localapi/v0/serve-config", 405, "method not allowed\n")]
    [InlineData("POST", "/localapi/v0/shutdown", 403, "shutdown access denied by policy\n")]
    [InlineData("GET", "/", 200, "<html><title>Tailscale</title><body><h1>Tailscale</h1>This is the local Tailscale daemon.\n")]
    public async Task Paths_and_methods_are_answered_as_recorded(string method, string path, int status, string body)
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("hdr");
        RawReply reply = await RawReply.ExchangeAsync(
            node.Socket, $"{method} {path} HTTP/1.1\r\nHost: local-tailscaled.sock\r\nConnection: close\r\n\r\n", Limit);
        Assert.Equal((status, body), (reply.Status, reply.Body));
    }

    [Fact]
    public async Task Answers_have_the_recorded_heads()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.NodeAsync("hdr");
        RawReply status = await node.GetAsync("status?peers=false");
        Assert.Equal(
            [
                "Content-Security-Policy", "Content-Type", "Tailscale-Cap", "Tailscale-Version", "X-Content-Type-Options",
                "X-Frame-Options", "Date"],
            status.HeaderNames.Take(7));
        Assert.Equal(("133", "1.96.5-t88200dbb4-g000000000"), (status.Header("Tailscale-Cap"), status.Header("Tailscale-Version")));
        RawReply start = await node.RequestAsync("POST", "login-interactive");
        Assert.Equal("HTTP/1.1 204 No Content", start.StatusLine);
        Assert.DoesNotContain("Content-Length", start.HeaderNames);
        RawReply serve = await node.GetAsync("serve-config");
        Assert.Equal("74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b", serve.Header("Etag"));
    }

    [Fact]
    public async Task Serve_config_is_kept_and_guarded_as_recorded()
    {
        await using StandInBench bench = await StandInBench.StartAsync();
        StandInDaemon node = await bench.DaemonAsync("grafana");
        const string Both =
            """{"TCP": {"443": {"TCPForward": "127.0.0.5:8443", "ProxyProtocol": 2}, "80": {"TCPForward": "127.0.0.5:8080"}}}""";
        RawReply early = await node.RequestAsync("POST", "serve-config", Both);
        Assert.Equal((500, "{\"error\":\"updating config: netMap is nil\"}\n"), (early.Status, early.Body));

        await bench.NodeAsync("grafana");
        Assert.Equal("null", (await node.GetAsync("serve-config")).Body);
        Assert.Equal(200, (await node.RequestAsync("POST", "serve-config", "{}")).Status);
        RawReply empty = await node.GetAsync("serve-config");
        Assert.Equal(("{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), (empty.Body, empty.Header("Etag")));
        RawReply set = await node.RequestAsync("POST", "serve-config", Both, $"If-Match: {empty.Header("Etag")}\r\n");
        Assert.Equal((200, ""), (set.Status, set.Body));
        RawReply now = await node.GetAsync("serve-config");
        Assert.Equal(
            (
                "3d47c7d0d65508e770ec6bb8c7f32e8d4e4fe60a48bef692769ed334305cfdb3",
                """{"TCP":{"443":{"TCPForward":"127.0.0.5:8443","ProxyProtocol":2},"80":{"TCPForward":"127.0.0.5:8080"}}}"""),
            (now.Header("Etag"), now.Body));
        RawReply stale = await node.RequestAsync("POST", "serve-config", Both, $"If-Match: {empty.Header("Etag")}\r\n");
        Assert.Equal((412, "etag mismatch\n"), (stale.Status, stale.Body));
        Assert.Equal(412, (await node.RequestAsync("POST", "serve-config", Both, $"If-Match: \"{now.Header("Etag")}\"\r\n")).Status);

        RawReply bad = await node.RequestAsync("POST", "serve-config", "{nope");
        Assert.Equal(
            (500, "{\"error\":\"decoding config: invalid character 'n' looking for beginning of object key string\"}\n"),
            (bad.Status, bad.Body));
        RawReply nothing = await node.RequestAsync("POST", "serve-config", "");
        Assert.Equal((500, "{\"error\":\"decoding config: EOF\"}\n"), (nothing.Status, nothing.Body));
        await node.RequestAsync("POST", "serve-config", """{"TCP": {"443": {"TCPForward": "nonsense", "ProxyProtocol": 7}}}""");
        Assert.Equal("""{"TCP":{"443":{"TCPForward":"nonsense","ProxyProtocol":7}}}""", (await node.GetAsync("serve-config")).Body);
        await node.RequestAsync("POST", "serve-config", """{"Unknown": 1}""");
        Assert.Equal("{}", (await node.GetAsync("serve-config")).Body);

        // Lost by a logout, not by a restart.
        await node.RequestAsync("POST", "serve-config", Both);
        Assert.Equal(0, (await bench.CliAsync("grafana", "logout")).ExitCode);
        await bench.NodeAsync("grafana");
        Assert.Equal("null", (await node.GetAsync("serve-config")).Body);
    }
}
