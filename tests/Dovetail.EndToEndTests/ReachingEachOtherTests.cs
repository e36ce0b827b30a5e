using System.Net;
using Dovetail.EndToEndTests.Harness;
using Dovetail.EndToEndTests.Listener;

namespace Dovetail.EndToEndTests;

/// <summary>
/// An application in a container reaches another service of the same Dovetail as <c>examples/single-sign-on</c> has it: through the proxy
/// of a machine of the tailnet that has a tag, by a network that leads nowhere else.
/// </summary>
public sealed class ReachingEachOtherTests(Engine engine) : EndToEndTest(engine)
{
    private const string Curl = "/usr/bin/curl";
    private const string Tag = "tag:containers";
    private const string Machine = "containers";
    private const int ProxyPort = 1055;
    private const int OpenPort = 1056;

    private TestNetwork _outbound = null!;
    private TestContainer _proxy = null!;

    [Fact(Timeout = 300_000)]
    public async Task An_application_is_its_machines_tag_to_policy_and_nobody_comes_in_by_that_machine()
    {
        Assert.SkipWhen(TestSettings.IsReal, "The machine in the container is the stand-in.");
        Assert.SkipUnless(File.Exists(Curl), $"{Curl} is not installed.");
        var alice = await PeerAsync();
        await RunContainerAsync(Service("id", $"bob@example.com, {Tag}"));
        await RunContainerAsync(Service("private", alice.Login));
        var daemon = StartDaemon();
        await daemon.ReadyAsync("id");
        await daemon.ReadyAsync("private");

        var proxy = await StartProxyAsync();
        var application = Own(await Engine.RunContainerAsync(
            new Dictionary<string, string>(),
            options:
            [
                "--network", _outbound.Name, .. Applications.Mounts, "-v", $"{Control.Authority}:/authority.pem:ro",
                "-e", $"HTTPS_PROXY=http://{proxy}",
            ],
            command: ["/pause"],
            cancellation: Cancellation));

        // The other service, by its public name and with its own certificate; whatever the application claims.
        var url = $"https://{alice.NameOf("id")}{TestImage.EchoPath}";
        var machine = await Eventually.GetAsync(token => alice.SeeAsync(Machine, token), seen => seen is not null, "the machine");
        var echo = EchoedRequest.Parse(await Eventually.GetAsync(
            async token => (await AskAsync(application, token, "-H", "Tailscale-User-Login: alice@example.com", url)).Stdout,
            answer => answer.Contains("CONTAINER=", StringComparison.Ordinal),
            "the other service's answer"));
        Assert.Equal(machine!.Addresses[0], echo.Header("X-Forwarded-For"));
        Assert.Equal(alice.NameOf("id"), echo.Header("Host"));
        Assert.Null(echo.Header("Tailscale-User-Login"));

        // What does not name the tag refuses it; who is named gets in.
        var refused = await AskAsync(
            application, Cancellation, "-o", "/dev/null", "-w", "%{http_code}", $"https://{alice.NameOf("private")}/");
        Assert.Equal("403", refused.Stdout);
        using var own = await alice.Http().GetAsync($"https://{alice.NameOf("private")}/", Cancellation);
        using var others = await alice.Http().GetAsync($"https://{alice.NameOf("id")}/", Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (own.StatusCode, others.StatusCode));

        // Without the proxy there is no way, to its address neither.
        var address = (await Tailnet.Control.FindAsync("id"))!.Addresses[0];
        Assert.NotEqual(0, (await AskAsync(
            application, Cancellation, "--noproxy", "*", "--connect-to", $"::{address}:443", "--max-time", "5", url)).ExitCode);

        // A peer gets nothing of what listens beside the proxy, whatever it listens on.
        await ShellAsync(_proxy, $"/bin/busybox httpd -p {OpenPort} -h /www");
        var connect = $"CONNECT {alice.NameOf("id")}:443 HTTP/1.1\r\n\r\n";
        Assert.Null(await alice.KnockAsync(machine.Addresses[0], OpenPort, "GET / HTTP/1.0\r\n\r\n", Cancellation));
        Assert.Null(await alice.KnockAsync(machine.Addresses[0], ProxyPort, connect, Cancellation));

        // Without its shield too, the proxy listens where tailscaled leads nobody; what listens everywhere is theirs then.
        await LogInAsync(shielded: false);
        await Eventually.GetAsync(
            token => alice.KnockAsync(machine.Addresses[0], OpenPort, "GET / HTTP/1.0\r\n\r\n", token),
            answer => answer is not null,
            "what listens on all addresses to be reached");
        Assert.Null(await alice.KnockAsync(machine.Addresses[0], ProxyPort, connect, Cancellation));
    }

    /// <summary>This machine as containers reach it.</summary>
    protected override async Task<IPAddress> ControlAddressAsync()
    {
        await using var container = await Engine.RunContainerAsync(new Dictionary<string, string>(), cancellation: Cancellation);
        return await container.GatewayAsync(Cancellation);
    }

    private static Dictionary<string, string> Service(string name, string allow) =>
        new() { ["name"] = name, ["port"] = "80", ["allow"] = allow };

    /// <returns>Where the proxy listens.</returns>
    private async Task<IPEndPoint> StartProxyAsync()
    {
        _outbound = Own(await TestNetwork.CreateAsync(Engine, $"{Prefix}-outbound", Cancellation, "--internal"));
        _proxy = Own(await Engine.RunContainerAsync(
            new Dictionary<string, string>(), options: Applications.Mounts, command: ["/pause"], cancellation: Cancellation));
        await _proxy.ConnectAsync(_outbound.Name, Cancellation);
        var address = await Engine.DockerAsync(
            ["inspect", "-f", $"{{{{(index .NetworkSettings.Networks \"{_outbound.Name}\").IPAddress}}}}", _proxy.Id],
            cancellation: Cancellation);
        var endpoint = new IPEndPoint(IPAddress.Parse(address.Stdout.Trim()), ProxyPort);
        await ShellAsync(
            _proxy,
            $"exec -a tailscaled {Applications.Folder}/FakeTailscale --tun=userspace-networking --statedir=/tmp/state --socket=/tmp/socket "
                + $"--port=0 --outbound-http-proxy-listen={endpoint} 2>/tmp/log",
            "-d", "-e", $"FAKE_TAILSCALE_VERSION={Release}");
        await LogInAsync(shielded: true);
        return endpoint;
    }

    private async Task LogInAsync(bool shielded)
    {
        var key = await Control.AddKeyAsync($"reusable=1&tags={Tag}");
        await Eventually.GetAsync(
            _ => ShellAsync(
                _proxy,
                $"exec -a tailscale {Applications.Folder}/FakeTailscale --socket=/tmp/socket up --reset --auth-key={key} "
                    + $"--hostname={Machine} --login-server={Control.OwnUrl} --advertise-tags={Tag} "
                    + $"--shields-up={(shielded ? "true" : "false")} --timeout=20s"),
            up => up.ExitCode == 0,
            "the machine to be logged in");
    }

    // busybox by name: the first "sh" on the path is this machine's, which knows no exec -a.
    private Task<CommandResult> ShellAsync(TestContainer container, string script, params string[] options) =>
        Engine.DockerAsync(["exec", .. options, container.Id, "/bin/busybox", "sh", "-c", script], cancellation: Cancellation);

    // What curl ends with is the container's exit code.
    private Task<CommandResult> AskAsync(TestContainer container, CancellationToken cancellation, params string[] arguments) =>
        Engine.TryDockerAsync(
            ["exec", container.Id, Curl, "--silent", "--show-error", "--cacert", "/authority.pem", .. arguments], cancellation);
}
