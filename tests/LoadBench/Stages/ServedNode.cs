using System.Globalization;
using System.Net;
using FakeTailscale.DataPath;

namespace LoadBench.Stages;

/// <summary>
/// A node brought up by hand, with the commands and in the order that Dovetail uses: a tailscaled that forwards port 443 with a PROXY
/// protocol header, and its certificate. Disposing ends it.
/// </summary>
internal sealed class ServedNode : IAsyncDisposable
{
    private readonly Tailnet _tailnet;
    private readonly BackgroundProcess _tailscaled;
    private readonly string _socket;
    private readonly string _directory;

    private ServedNode(Tailnet tailnet, string directory, string hostName, IReadOnlyDictionary<string, string?> environment)
    {
        _tailnet = tailnet;
        HostName = hostName;
        _directory = Path.Combine(directory, hostName);
        Directory.CreateDirectory(_directory);
        _socket = Path.Combine(directory, $"{hostName}.sock");
        _tailscaled = new BackgroundProcess(
            tailnet.Tailscaled,
            ["--tun=userspace-networking", $"--statedir={_directory}", $"--socket={_socket}", "--port=0", "--no-logs-no-support"],
            environment.With("TS_LOGS_DIR", _directory));
    }

    public string HostName { get; }

    public int ProcessId => _tailscaled.Id;

    public string StateDirectory => _directory;

    /// <summary>PEM files.</summary>
    public string Certificate => Path.Combine(_directory, "certificate.pem");

    public string Key => Path.Combine(_directory, "key.pem");

    /// <param name="target">Where it forwards to.</param>
    /// <param name="environment">Of its tailscaled.</param>
    public static async Task<ServedNode> StartAsync(
        Tailnet tailnet, string directory, string hostName, IPEndPoint target, IReadOnlyDictionary<string, string?> environment,
        CancellationToken cancellation)
    {
        var node = new ServedNode(tailnet, directory, hostName, environment);
        try
        {
            await Eventually.TrueAsync(() => File.Exists(node._socket) || node._tailscaled.HasExited, $"the socket of {hostName}");
            var keyFile = Path.Combine(directory, $"{hostName}.authkey");
            await File.WriteAllTextAsync(keyFile, tailnet.AuthKey, cancellation);
            await node.TailscaleAsync(
                [
                    "up", "--reset", $"--auth-key=file:{keyFile}", $"--hostname={hostName}", $"--login-server={tailnet.ControlUrl}",
                    "--accept-dns=false", "--timeout=60s",
                ],
                cancellation);
            File.Delete(keyFile);
            await node.TailscaleAsync(["serve", "--bg", "--tcp=443", "--proxy-protocol=2", $"tcp://{target}"], cancellation);
            var name = (await tailnet.Control.FindAsync(hostName))?.DnsName
                ?? throw new InvalidOperationException($"The control server does not know {hostName}.");
            await node.TailscaleAsync(["cert", $"--cert-file={node.Certificate}", $"--key-file={node.Key}", name], cancellation);
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the stand-in's tailscaled of that state directory takes plain connections; null until it does.</summary>
    public static IPEndPoint? DoorIn(string stateDirectory) =>
        Path.Combine(stateDirectory, Door.FileName) is var file && File.Exists(file) ? IPEndPoint.Parse(File.ReadAllText(file)) : null;

    public ValueTask DisposeAsync() => _tailscaled.DisposeAsync();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"tailscaled {ProcessId}: {_tailscaled.Log}");

    private async Task TailscaleAsync(string[] arguments, CancellationToken cancellation) => (await Command.RunAsync(
        _tailnet.Tailscale, [$"--socket={_socket}", .. arguments], _tailnet.Environment, cancellation: cancellation)).MustSucceed();
}
