using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What a monitoring system gets of a running daemon: metrics, and log lines that it can take apart.</summary>
public sealed class MonitoringTests(Engine engine) : EndToEndTest(engine)
{
    private const string Web = "web";
    private const int Requests = 200;

    [Fact(Timeout = 300_000)]
    public async Task Metrics_count_what_was_served_on_the_socket_and_on_an_address_of_their_own()
    {
        var container = await RunServiceAsync(Web);
        var address = new IPEndPoint(await container.GatewayAsync(Cancellation), 0);
        address.Port = FreePort(address.Address);
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_METRICS_ADDRESS"] = address.ToString() });
        await daemon.ReadyAsync(Web);

        using var http = new HttpClient();
        var client = peer.Http();
        var load = Parallel.ForAsync(0, Requests, Cancellation, async (_, token) =>
            await client.GetStringAsync($"https://{peer.NameOf(Web)}/", token));
        // Under load too it is what Prometheus takes.
        while (!load.IsCompleted)
        {
            await AssertIsGoodAsync(await http.GetStringAsync($"http://{address}/metrics", Cancellation));
        }

        await load;
        var served = $"{{dovetail_service=\"{Web}\",http_response_status_class=\"2xx\"}} {Requests}\n";
        var text = await Eventually.GetAsync(
            token => http.GetStringAsync($"http://{address}/metrics", token),
            text => text.Contains($"dovetail_server_requests_total{served}", StringComparison.Ordinal),
            $"{Requests} requests to be counted");
        await AssertIsGoodAsync(text);
        Assert.Contains($"dovetail_node_state{{dovetail_service=\"{Web}\",state=\"Ready\"}} 1\n", text, StringComparison.Ordinal);
        Assert.Contains($"http_server_request_duration_seconds_count{served}", text, StringComparison.Ordinal);
        Assert.Matches($"dovetail_tailscaled_resident_memory_bytes{{dovetail_service=\"{Web}\"}} [1-9]", text);

        // Over TCP there is nothing else: neither the status nor an order.
        using var status = await http.GetAsync($"http://{address}/v1/status", Cancellation);
        using var order = await http.PostAsync($"http://{address}/v1/services/{Web}/restart", null, Cancellation);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (status.StatusCode, order.StatusCode));

        // The admin socket has the same.
        using var socket = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync });
        Assert.Contains(served, await socket.GetStringAsync("http://dovetail/metrics", Cancellation), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task An_address_that_the_machine_does_not_have_is_an_error_that_names_it()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_METRICS_ADDRESS"] = "192.0.2.1:9090" });

        Assert.Equal(1, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Contains("DOVETAIL_METRICS_ADDRESS=192.0.2.1:9090: cannot be listened on", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task With_the_json_format_each_line_of_the_log_is_an_object_and_a_service_that_asks_logs_its_requests()
    {
        var peer = await PeerAsync();
        await RunContainerAsync(new Dictionary<string, string> { ["name"] = Web, ["port"] = "80", ["accesslog"] = "true" });
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_LOG_FORMAT"] = "json" });
        await daemon.ReadyAsync(Web);
        using var answer = await peer.Http().GetAsync($"https://{peer.NameOf(Web)}/seen?secret", Cancellation);

        await Eventually.TrueAsync(() => daemon.Log.Contains("/seen", StringComparison.Ordinal), "the request to be logged");
        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);
        var lines = daemon.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var request = Assert.Single(lines, line => line.GetProperty("EventId").GetInt32() == 4021);
        Assert.Equal(Web, request.GetProperty("State").GetProperty("Service").GetString());
        Assert.Contains("GET /seen", request.GetProperty("Message").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", daemon.Log, StringComparison.Ordinal);
    }

    private static async Task AssertIsGoodAsync(string text)
    {
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var promtool = System.Environment.GetEnvironmentVariable("DOVETAIL_TEST_PROMTOOL") ?? "/usr/bin/promtool";
        if (!File.Exists(promtool))
        {
            TestContext.Current.SendDiagnosticMessage($"{promtool} (Debian's prometheus) is not installed: the text is not checked by it");
            return;
        }

        var start = new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var check = Process.Start(start)!;
        await check.StandardInput.WriteAsync(text);
        check.StandardInput.Close();
        var said = await check.StandardError.ReadToEndAsync(Cancellation);
        await check.WaitForExitAsync(Cancellation);
        Assert.Equal((0, ""), (check.ExitCode, said));
    }

    private static int FreePort(IPAddress address)
    {
        using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(RuntimeDirectory, "dovetail.sock")), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
