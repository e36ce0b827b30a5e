using System.Net;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What is set for the daemon, as a peer and the one who reads the log see it.</summary>
public sealed class ListenerSettingsTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task Limits_and_the_access_log_are_as_set()
    {
        var (web, peer) = ("web", await PeerAsync());
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["DOVETAIL_ACCESS_LOG"] = "true",
            ["DOVETAIL_LOG_LEVEL"] = "warning",
            ["DOVETAIL_REQUEST_LINE_SIZE"] = "1KiB",
            ["DOVETAIL_REQUEST_HEADERS_SIZE"] = "4KiB",
            ["DOVETAIL_REQUEST_HEADER_COUNT"] = "20",
        });
        var container = await RunServiceAsync(web);
        await daemon.ReadyAsync(web);

        Assert.Equal((HttpStatusCode.OK, ""), await AskAsync(peer, web, "/?token=secret"));
        Assert.Equal(
            (HttpStatusCode.RequestUriTooLong, "DOVETAIL_REQUEST_LINE_SIZE"),
            await AskAsync(peer, web, "/long?secret=" + new string('p', 1500)));
        Assert.Equal(
            (HttpStatusCode.RequestHeaderFieldsTooLarge, "DOVETAIL_REQUEST_HEADERS_SIZE"),
            await AskAsync(peer, web, "/large", ("Cookie", 1, 5000)));
        Assert.Equal(
            (HttpStatusCode.RequestHeaderFieldsTooLarge, "DOVETAIL_REQUEST_HEADER_COUNT"),
            await AskAsync(peer, web, "/many", ("X-Many", 25, 1)));

        var name = await container.NameAsync(Cancellation);
        await Eventually.TrueAsync(
            () => ((string[])["/", "/long", "/large", "/many"]).All(
                path => daemon.Log.Contains($"\"GET {path}\"", StringComparison.Ordinal)),
            "the log to tell of all four");
        Assert.Matches($@"{web}: {peer.Login} ""GET /"" 200, \d+ bytes, \d+ ms, {name}", daemon.Log);
        Assert.Matches($@"{web}: {peer.Address} ""GET /long"" 414, \d+ bytes, \d+ ms, no upstream", daemon.Log);
        Assert.Matches($@"{web}: {peer.Address} ""GET /large"" 431, ", daemon.Log);
        Assert.DoesNotContain("secret", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_being_told_to_it_logs_no_request()
    {
        var (web, peer) = ("web", await PeerAsync());
        var daemon = StartDaemon();
        await RunServiceAsync(web);
        await daemon.ReadyAsync(web);

        await AskAsync(peer, web, "/");

        Assert.DoesNotContain("GET", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_container_that_speaks_tls_needs_a_trusted_certificate_that_names_it()
    {
        using var authority = new ContainerAuthority();
        await File.WriteAllTextAsync(Directory["ca.pem"], authority.Pem, Cancellation);
        var (named, misnamed) = ($"{Prefix}-named", $"{Prefix}-misnamed");
        await using var trusted = new RawUpstream(authority.Leaf(named));
        await using var untrusted = new RawUpstream(ContainerAuthority.SelfSigned(misnamed));
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?> { ["SSL_CERT_FILE"] = Directory["ca.pem"] });
        await RunAsync(named, ("good", trusted, "https"), ("unknown", untrusted, "https"));
        await RunAsync(misnamed, ("other", trusted, "https"), ("insecure", untrusted, "https+insecure"));
        foreach (var service in (string[])["good", "unknown", "other", "insecure"])
        {
            await daemon.ReadyAsync(service);
        }

        // However the visitor spells Host, it makes no certificate good or bad; other names are not served at all.
        foreach (var (service, status) in ((string, string)[])[("good", "200"), ("insecure", "200"), ("other", "502"), ("unknown", "502")])
        {
            foreach (var host in (string[])[peer.NameOf(service), service, service.ToUpperInvariant(), $"{service}:8443"])
            {
                Assert.Equal($"{service} {host} {status}", $"{service} {host} {await StatusAsync(peer, service, host)}");
            }

            foreach (var host in (string[])[named, misnamed, "elsewhere.example"])
            {
                Assert.Equal($"{service} {host} 421", $"{service} {host} {await StatusAsync(peer, service, host)}");
            }
        }
    }

    private static async Task<(HttpStatusCode Status, string Limit)> AskAsync(
        TailnetPeer peer, string service, string path, (string Name, int Count, int Length)? header = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{peer.NameOf(service)}{path}");
        if (header is var (name, count, length))
        {
            for (var i = 0; i < count; i++)
            {
                request.Headers.Add(count == 1 ? name : $"{name}-{i}", new string('h', length));
            }
        }

        using var response = await peer.Http().SendAsync(request, Cancellation);
        var words = (await response.Content.ReadAsStringAsync(Cancellation)).Split(' ', '(', ')', '.', '\n');
        return (response.StatusCode, words.FirstOrDefault(word => word.StartsWith("DOVETAIL_", StringComparison.Ordinal)) ?? "");
    }

    /// <summary>By hand: an ordinary client takes the name that it asks the node for from Host.</summary>
    private static async Task<string> StatusAsync(TailnetPeer peer, string service, string host)
    {
        await using var stream = await peer.SecureAsync(peer.NameOf(service), Cancellation);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Cancellation);
        return (await new ReceivedText(stream).TakeThroughAsync("\r\n"))!.Split(' ')[1];
    }

    /// <summary>Runs a container of that name in the host's network, whose services are the test's own.</summary>
    private Task<TestContainer> RunAsync(
        string name, params (string Service, RawUpstream Upstream, string Scheme)[] services) => RunContainerAsync(
        services.SelectMany(service => (KeyValuePair<string, string>[])
        [
            new($"services.{service.Service}.name", service.Service),
            new($"services.{service.Service}.port", $"{service.Upstream.Port}"),
            new($"services.{service.Service}.scheme", service.Scheme),
        ]).ToDictionary(),
        options: ["--name", name, "--network", "host", "--interactive", "--entrypoint", "sh"]);
}
