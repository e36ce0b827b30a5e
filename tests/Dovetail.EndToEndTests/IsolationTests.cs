using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What is not served is not reachable, and no service answers for another.</summary>
public sealed class IsolationTests(Engine engine) : EndToEndTest(engine)
{
    private const string PlainRequest = "GET / HTTP/1.0\r\n\r\n";

    [Fact(Timeout = 300_000)]
    public async Task Two_services_never_see_each_others_traffic()
    {
        var (web, photos) = ("web", "photos");
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var webContainer = await RunServiceAsync(web);
        var photosContainer = await RunServiceAsync(photos);
        var webNode = await daemon.ReadyAsync(web);
        var photosNode = await daemon.ReadyAsync(photos);
        var client = await ReachedAsync(peer, web);

        for (var round = 0; round < 10; round++)
        {
            foreach (var (name, container) in ((string, TestContainer)[])[(web, webContainer), (photos, photosContainer)])
            {
                var echo = EchoedRequest.Parse(
                    await client.GetStringAsync($"https://{peer.NameOf(name)}{TestImage.EchoPath}?{round}", Cancellation));
                Assert.Equal(container.HostName, echo.Container);
            }
        }

        // Asked for the other by name, a node shows its own certificate, which the client refuses.
        await Assert.ThrowsAsync<HttpRequestException>(() =>
            peer.Http(connectTo: webNode.Addresses[0]).GetAsync($"https://{peer.NameOf(photos)}/", Cancellation));
        // Past the certificate, it is still not the other.
        await using var stream = await peer.SecureAsync(peer.NameOf(web), Cancellation);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {TestImage.EchoPath} HTTP/1.0\r\nHost: {peer.NameOf(photos)}\r\n\r\n"), Cancellation);
        var misnamed = await new StreamReader(stream).ReadToEndAsync(Cancellation);
        Assert.StartsWith("HTTP/1.1 421 ", misnamed, StringComparison.Ordinal);
        using var redirect = await peer.Http(connectTo: photosNode.Addresses[0]).GetAsync($"http://{peer.NameOf(web)}/x?y=z", Cancellation);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, redirect.StatusCode);
    }

    [Fact(Timeout = 300_000)]
    public async Task Ports_that_a_node_does_not_serve_lead_nowhere()
    {
        var (web, photos) = ("web", "photos");
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        await RunServiceAsync(web);
        await RunServiceAsync(photos);
        var nodes = new[] { await daemon.ReadyAsync(web), await daemon.ReadyAsync(photos) };
        await ReachedAsync(peer, web);
        await ReachedAsync(peer, photos);

        // Tailscale's userspace mode passes any other port on to 127.0.0.1: a listener there is reached. This shows that the knocking below
        // could.
        using var open = new TcpListener(IPAddress.Loopback, 0);
        open.Start();
        var answered = AnswerOnceAsync(open);
        Assert.Equal(
            "here", await peer.KnockAsync(nodes[0].Addresses[0], ((IPEndPoint)open.LocalEndpoint).Port, PlainRequest, Cancellation));
        await answered;

        // Every port on which Dovetail itself listens, through either node.
        var listening = ListeningSockets.Of(daemon.ProcessId);
        Assert.NotEmpty(listening);
        Assert.All(listening, socket => Assert.StartsWith("127.83.", socket.Address.ToString(), StringComparison.Ordinal));
        var own = nodes.SelectMany(node => node.Listener!.Values).Select(IPEndPoint.Parse).ToList();
        Assert.Equivalent(own.Select(socket => socket.ToString()), listening.Select(socket => socket.ToString()));
        foreach (var port in listening.Select(socket => socket.Port).Append(8080).Distinct())
        {
            foreach (var node in nodes)
            {
                Assert.Null(await peer.KnockAsync(node.Addresses[0], port, PlainRequest, Cancellation));
            }
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task Another_user_of_the_machine_reaches_no_LocalAPI_whatever_was_there_before()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "Only root can become another user.");
        const UnixFileMode Open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var nodes = Path.Combine(RuntimeDirectory, "nodes");
        System.IO.Directory.CreateDirectory(nodes);
        foreach (var directory in (string[])[Directory.Path, RuntimeDirectory, nodes])
        {
            File.SetUnixFileMode(directory, Open);
        }

        var daemon = StartDaemon();
        await RunServiceAsync("web");
        await daemon.ReadyAsync("web");

        string[] ask = ["--silent", "--max-time", "20", "--unix-socket", Path.Combine(nodes, "web.sock"), "http://local-tailscaled.sock/localapi/v0/status"];
        var own = await Command.RunAsync("curl", ask, cancellation: Cancellation);
        var other = await Command.RunAsync(
            "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "curl", .. ask], cancellation: Cancellation);

        Assert.Equal(0, own.ExitCode);

        // curl(1): it could not connect.
        Assert.Equal(7, other.ExitCode);
    }

    private static async Task<HttpClient> ReachedAsync(TailnetPeer peer, string service)
    {
        var client = peer.Http();
        await Eventually.GetAsync(
            async cancellation => (await client.GetAsync($"https://{peer.NameOf(service)}/", cancellation)).StatusCode,
            status => status == HttpStatusCode.OK,
            string.Create(CultureInfo.InvariantCulture, $"{service} to answer"));
        return client;
    }

    private static async Task AnswerOnceAsync(TcpListener listener)
    {
        using var connection = await listener.AcceptSocketAsync(Cancellation);
        // Whoever closes without having read resets the connection.
        await connection.ReceiveAsync(new byte[PlainRequest.Length], Cancellation);
        await connection.SendAsync("here"u8.ToArray(), Cancellation);
        connection.Shutdown(SocketShutdown.Send);
    }
}
