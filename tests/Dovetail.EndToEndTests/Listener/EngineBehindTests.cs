using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A Docker Engine as a service: its command line asks for other protocols with POSTs that have content.</summary>
public sealed class EngineBehindTests(Engine engine) : EndToEndTest(engine)
{
    // Over HTTPS: the command line ends its own direction at once, and where that is no message of TLS, tailscaled ends the connection.
    [Fact(Timeout = 300_000)]
    public async Task Its_command_line_runs_attaches_and_executes_through_a_peer()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "the command line is shown names of the tailnet in a mount namespace of its own");
        var socket = new Uri(Engine.Host);
        Assert.SkipUnless(socket.Scheme == "unix", "the Engine is not reached by a unix socket");
        await using var server = new StreamRelay(IPAddress.Loopback, () => ConnectAsync(new UnixDomainSocketEndPoint(socket.AbsolutePath)));
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        await RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "engine", ["port"] = $"{server.EndPoint.Port}", ["tls"] = "on" },
            options: ["--network", "host", "--interactive", "--entrypoint", "sh"]);
        var target = await RunContainerAsync(new Dictionary<string, string>());
        await daemon.ReadyAsync("engine");
        var name = peer.NameOf("engine");
        await using var door = new StreamRelay(IPAddress.Parse("127.99.1.1"), () => peer.ConnectAsync(name, 443, Cancellation));
        string[] host = ["-H", $"tcp://{name}:{door.EndPoint.Port}", "--tlsverify", "--tlscacert", Control.Authority];
        var sent = string.Concat(Enumerable.Range(0, 20_000).Select(line => $"line {line}\n"));
        var image = (await Engine.DockerAsync(["inspect", "-f", "{{.Image}}", await target.NameAsync(Cancellation)], cancellation: Cancellation)).Stdout.Trim();

        var executed = await DockerAsync(door, name, sent, [.. host, "exec", "-i", await target.NameAsync(Cancellation), "sh", "-c", "cat"]);
        var ran = await DockerAsync(
            door, name, sent, [.. host, "run", "--rm", "-i", "--entrypoint", "sh", image, "-c", "cat; echo last words >&2; exit 3"]);

        Assert.Equal((0, sent), (executed.ExitCode, executed.Stdout));
        Assert.Equal((3, sent), (ran.ExitCode, ran.Stdout));
        Assert.Equal("last words\n", ran.Stderr);
        Assert.DoesNotContain("error", daemon.Log, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<Stream> ConnectAsync(EndPoint server)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(server, Cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Runs the command line where <paramref name="name"/> is the address of <paramref name="door"/>.</summary>
    private async Task<CommandResult> DockerAsync(StreamRelay door, string name, string input, string[] arguments)
    {
        var hosts = Directory["hosts"];
        await File.WriteAllTextAsync(hosts, $"{door.EndPoint.Address} {name}\n", Cancellation);
        return await Command.RunAsync(
            "unshare",
            ["--mount", "sh", "-c", "mount --bind \"$1\" /etc/hosts && shift && exec docker \"$@\"", "sh", hosts, .. arguments],
            new Dictionary<string, string?>
            {
                ["DOCKER_CONFIG"] = Directory["docker-config"],
                ["DOCKER_HOST"] = null,
                ["DOCKER_TLS_VERIFY"] = null,
                ["DOCKER_CERT_PATH"] = null,
            },
            async (stdin, cancellation) => await stdin.WriteAsync(Encoding.UTF8.GetBytes(input), cancellation),
            cancellation: Cancellation);
    }
}
