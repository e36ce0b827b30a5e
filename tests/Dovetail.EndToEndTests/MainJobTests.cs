using System.Net;
using System.Security.Cryptography.X509Certificates;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>On the Docker Engine.</summary>
public sealed class MainJobTests(Engine engine) : MainJob(engine);

/// <summary>On Podman, by <c>DOCKER_HOST</c>.</summary>
public sealed class PodmanMainJobTests(PodmanEngine engine) : MainJob(engine);

/// <summary>A labelled container becomes <c>https://NAME.TAILNET</c>, and stays the same machine whatever happens to it.</summary>
public abstract class MainJob(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task A_labelled_container_is_reached_over_https_and_stays_one_machine_through_stop_start_and_restart()
    {
        const string web = "web";
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var network = Own(await TestNetwork.CreateAsync(Engine, Prefix, Cancellation));
        var container = await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = web, ["port"] = "80", ["hold"] = "0s" }, "Good morning",
            ["--network", network.Name]);

        // Up: the container's own page, under a certificate that chains to the tailnet's authority and names the host.
        var service = await daemon.ReadyAsync(web);
        var url = $"https://{peer.NameOf(web)}/";
        Assert.Equal(url.TrimEnd('/'), service.Url?.TrimEnd('/'));
        var first = await SeeAsync(peer, url, HttpStatusCode.OK);
        Assert.Equal($"Good morning from {container.HostName}", first.Body.Trim());
        Assert.True(first.Certificate.MatchesHostname(peer.NameOf(web)), $"{first.Certificate.Subject} does not name {peer.NameOf(web)}");

        // The container learns who asks.
        var echo = EchoedRequest.Parse(await peer.Http().GetStringAsync(url.TrimEnd('/') + TestImage.EchoPath, Cancellation));
        Assert.Equal(peer.Login, echo.Header("Tailscale-User-Login"));
        Assert.Equal(peer.Address, echo.Header("X-Forwarded-For"));
        Assert.Equal("https", echo.Header("X-Forwarded-Proto"));
        Assert.Equal(peer.NameOf(web), echo.Header("Host"));

        var node = await peer.SeeAsync(web, Cancellation);
        Assert.NotNull(node);
        Assert.Equal(node.Addresses, service.Addresses);

        // Stopped: the node stays and says so.
        var address = await container.AddressAsync(Cancellation);
        await container.StopAsync(Cancellation);
        await SeeAsync(peer, url, HttpStatusCode.ServiceUnavailable);

        // Started with another address: served again, by the same machine.
        await RunContainerAsync(new Dictionary<string, string>(), options: ["--network", network.Name]);
        await container.StartAsync(Cancellation);
        Assert.NotEqual(address, await container.AddressAsync(Cancellation));
        Assert.Equal($"Good morning from {container.HostName}", (await SeeAsync(peer, url, HttpStatusCode.OK)).Body.Trim());
        await AssertSameMachineAsync(peer, node);

        // Dovetail restarted: the same machine and certificate, without a key.
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        daemon = StartDaemon(new Dictionary<string, string?> { ["TS_AUTHKEY"] = null, ["DOVETAIL_GRACE"] = "1s" });
        await daemon.ReadyAsync(web);
        Assert.Equal(first.Certificate.Thumbprint, (await SeeAsync(peer, url, HttpStatusCode.OK)).Certificate.Thumbprint);
        await AssertSameMachineAsync(peer, node);

        // Removed, and the grace period over: offline, with its state kept.
        await container.RemoveAsync(Cancellation);
        await Eventually.GetAsync(token => peer.SeeAsync(web, token), seen => seen is { Online: false }, $"{web} to be offline");
        await Eventually.TrueAsync(() => Tailscaleds().Count == 0, $"the tailscaled of {web} to end");
        Assert.True(File.Exists(Path.Combine(StateDirectory, web, "tailscaled.state")), "tailscaled.state is gone");
        Assert.True(System.IO.Directory.Exists(Path.Combine(StateDirectory, web, "certs")), "certs is gone");

        // A new container of that name: the same machine once more.
        var successor = await RunServiceAsync(web, greeting: "Good evening");
        await daemon.ReadyAsync(web);
        var last = await SeeAsync(peer, url, HttpStatusCode.OK);
        Assert.Equal($"Good evening from {successor.HostName}", last.Body.Trim());
        Assert.Equal(first.Certificate.Thumbprint, last.Certificate.Thumbprint);
        await AssertSameMachineAsync(peer, node);
    }

    /// <summary>Asks over a new connection until the answer has the expected status.</summary>
    private static async Task<(string Body, X509Certificate2 Certificate)> SeeAsync(TailnetPeer peer, string url, HttpStatusCode expected)
    {
        X509Certificate2? certificate = null;
        var answer = await Eventually.GetAsync(
            async cancellation =>
            {
                using var response = await peer.Http(seeCertificate: seen => certificate = seen).GetAsync(url, cancellation);
                return (response.StatusCode, Body: await response.Content.ReadAsStringAsync(cancellation));
            },
            answer => answer.StatusCode == expected,
            $"{url} to answer {(int)expected}");
        return (answer.Body, certificate!);
    }

    private async Task AssertSameMachineAsync(TailnetPeer peer, TailnetNode node)
    {
        var hostName = node.DnsName.Split('.')[0];
        Assert.Equivalent(
            node with { Online = true },
            await Eventually.GetAsync(
                token => peer.SeeAsync(hostName, token), seen => seen is { Online: true }, $"{hostName} to be online"));
        Assert.Equal(1, await Tailnet.RegistrationsOfAsync(hostName));
        Assert.Equal(1, await Tailnet.CertificatesOfAsync(hostName));
    }
}
