using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// OpenSSH's server on a port of its own, whose user finds an Engine as the test says, and a client's configuration for it. Disposing ends
/// it.
/// </summary>
internal sealed class SshServer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/sshd";

    private readonly TestDirectory _directory = new();
    private readonly BackgroundProcess _process;

    private SshServer(int port, TestDirectory directory)
    {
        (Port, _directory) = (port, directory);
        _process = new BackgroundProcess(Program, ["-D", "-e", "-f", directory["sshd_config"]], new Dictionary<string, string?>());
    }

    public int Port { get; }

    /// <summary>Holds an <c>ssh</c> that reads <see cref="Client"/> for what ssh would read in its user's home.</summary>
    public string Programs => _directory["bin"];

    /// <summary>The client's configuration; every ssh of <see cref="Programs"/> names it in its command line.</summary>
    public string Client => _directory["client"];

    public string Log => _process.Log;

    public static async Task<SshServer> StartAsync(string dockerHost, CancellationToken cancellation)
    {
        Assert.SkipUnless(File.Exists(Program) && File.Exists("/usr/bin/ssh"), "OpenSSH's client and server are not installed.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can start an SSH server that logs root in.");
        var directory = new TestDirectory();
        foreach (var key in (string[])["host", "user"])
        {
            (await Command.RunAsync(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory[key]], cancellation: cancellation)).MustSucceed();
        }

        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        // Where sshd wants its empty directory.
        Directory.CreateDirectory("/run/sshd");
        await File.WriteAllTextAsync(
            directory["sshd_config"],
            $"""
            Port {port.ToString(CultureInfo.InvariantCulture)}
            ListenAddress 127.0.0.1
            HostKey {directory["host"]}
            PidFile none
            AuthorizedKeysFile {directory["authorized"]}
            StrictModes no
            UsePAM no
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            PermitRootLogin prohibit-password
            SetEnv DOCKER_HOST={dockerHost}

            """,
            cancellation);
        await File.WriteAllTextAsync(
            directory["client"],
            $"""
            Host *
              IdentityFile {directory["user"]}
              IdentitiesOnly yes
              UserKnownHostsFile {directory["known_hosts"]}
              GlobalKnownHostsFile /dev/null

            """,
            cancellation);
        Directory.CreateDirectory(directory["bin"]);
        await File.WriteAllTextAsync(
            directory["bin/ssh"], $"#!/bin/sh\nexec /usr/bin/ssh -F {directory["client"]} \"$@\"\n", cancellation);
        File.SetUnixFileMode(directory["bin/ssh"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var server = new SshServer(port, directory);
        await Eventually.TrueAsync(
            () => server.Log.Contains("Server listening", StringComparison.Ordinal), "sshd to listen", () => server.Log);
        return server;
    }

    /// <summary>Makes the server's key known to the client, as somebody does who has looked at it.</summary>
    public async Task TrustAsync(CancellationToken cancellation) => await File.WriteAllTextAsync(
        _directory["known_hosts"],
        $"[127.0.0.1]:{Port.ToString(CultureInfo.InvariantCulture)} {await File.ReadAllTextAsync(_directory["host.pub"], cancellation)}",
        cancellation);

    /// <summary>Lets the client's key in.</summary>
    public void Admit() => File.Copy(_directory["user.pub"], _directory["authorized"]);

    /// <summary>The clients that run.</summary>
    public IReadOnlyDictionary<int, string> Clients() => ProcessTable.Mentioning($"-F {Client} ");

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _directory.Dispose();
    }
}
