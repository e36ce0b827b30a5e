using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// A device of the tailnet with an identity of its own: a tailscaled with a SOCKS5 server, through which ordinary HTTP goes. Names
/// are resolved by the tailnet, and only the tailnet's certificate authority is trusted.
/// </summary>
internal sealed class TailnetPeer : IAsyncDisposable
{
    private const int SocksPort = 1055;
    private static int _count;

    private readonly Tailnet _tailnet;
    private readonly string _socket;
    private readonly IPEndPoint _socks;
    private readonly BackgroundProcess _tailscaled;
    private readonly List<IDisposable> _owned = [];

    private TailnetPeer(Tailnet tailnet, TestDirectory directory, string hostName)
    {
        var number = Interlocked.Increment(ref _count);
        _tailnet = tailnet;
        _socket = directory[$"{hostName}.sock"];
        // An address per peer and test process, so that nothing on this machine's 127.0.0.1 is in the way.
        _socks = new IPEndPoint(
            new IPAddress([127, (byte)(100 + (Environment.ProcessId % 100)), (byte)(number >> 8), (byte)number]), SocksPort);
        _tailscaled = new BackgroundProcess(
            tailnet.Tailscaled,
            [
                "--tun=userspace-networking", $"--statedir={directory[hostName]}", $"--socket={_socket}", "--port=0",
                "--no-logs-no-support",
                $"--socks5-server={_socks}",
            ],
            tailnet.Environment.With("TS_LOGS_DIR", Directory.CreateDirectory(directory[$"{hostName}-logs"]).FullName));
    }

    /// <summary>Where its SOCKS5 server listens, for programs that are no part of the test.</summary>
    public IPEndPoint Socks => _socks;

    /// <summary>The name under which a service's container and a label's <c>dovetail.allow</c> know this peer's user.</summary>
    public string Login { get; private set; } = "";

    /// <summary>The peer's own address on the tailnet.</summary>
    public string Address { get; private set; } = "";

    /// <summary>The tailnet's DNS suffix, without dots at the ends.</summary>
    public string Suffix { get; private set; } = "";

    public static async Task<TailnetPeer> StartAsync(
        Tailnet tailnet, TestDirectory directory, string hostName, string authKey, CancellationToken cancellation)
    {
        var peer = new TailnetPeer(tailnet, directory, hostName);
        try
        {
            await peer.LogInAsync(hostName, authKey, directory, cancellation);
            return peer;
        }
        catch
        {
            await peer.DisposeAsync();
            throw;
        }
    }

    /// <summary>The full tailnet name of a node.</summary>
    public string NameOf(string hostName) => $"{hostName}.{Suffix}";

    /// <summary>An ordinary client whose connections go over the tailnet. It follows no redirect; the test looks at them.</summary>
    /// <param name="version">1.1 or 2.0; no other is accepted.</param>
    /// <param name="connectTo">Tailnet address to connect to whatever the URL names; null: what the URL names.</param>
    /// <param name="seeCertificate">Gets the certificate of each new connection, which has been checked already.</param>
    /// <param name="connections">The most connections that it opens to one node; null: as many as it likes.</param>
    public HttpClient Http(
        Version? version = null, string? connectTo = null, Action<X509Certificate2>? seeCertificate = null, int? connections = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxConnectionsPerServer = connections ?? int.MaxValue,
            EnableMultipleHttp2Connections = connections is not null,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = TrustOnly(_tailnet.Authorities),
                RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                {
                    if (errors == SslPolicyErrors.None && certificate is X509Certificate2 seen)
                    {
                        // The connection takes its own with it when it closes.
                        seeCertificate?.Invoke(X509CertificateLoader.LoadCertificate(seen.RawData));
                    }

                    return errors == SslPolicyErrors.None;
                },
            },
        };
        if (connectTo is null)
        {
            handler.Proxy = new WebProxy($"socks5://{_socks}");
        }
        else
        {
            handler.ConnectCallback = async (context, cancellation) => await ConnectAsync(
                connectTo, context.DnsEndPoint.Port, cancellation);
        }

        var client = new HttpClient(handler)
        {
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _owned.Add(client);
        return client;
    }

    /// <summary>A TCP connection to a tailnet address or name (RFC 1928).</summary>
    /// <exception cref="IOException">The tailnet does not connect there.</exception>
    public async Task<Stream> ConnectAsync(string host, int port, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_socks, cancellation);
            var stream = new NetworkStream(socket, ownsSocket: true);
            // 1. Greeting: version 5, one method, "no authentication".
            await stream.WriteAsync((byte[])[5, 1, 0], cancellation);
            var reply = new byte[4];
            await stream.ReadExactlyAsync(reply.AsMemory(0, 2), cancellation);

            // 2. CONNECT to a domain name (address type 3); the tailnet's own DNS resolves it. An address goes as it is.
            byte[] target = IPAddress.TryParse(host, out var address)
                ? [(byte)(address.AddressFamily == AddressFamily.InterNetworkV6 ? 4 : 1), .. address.GetAddressBytes()]
                : [3, (byte)host.Length, .. Encoding.ASCII.GetBytes(host)];
            await stream.WriteAsync((byte[])[5, 1, 0, .. target, (byte)(port >> 8), (byte)port], cancellation);

            // 3. Reply: version, code, reserved, then the bound address.
            await stream.ReadExactlyAsync(reply, cancellation);
            if (reply[1] != 0)
            {
                throw new IOException($"The tailnet does not connect to {host}:{port} (SOCKS5 reply {reply[1]}).");
            }

            await stream.ReadExactlyAsync(new byte[(reply[3] == 4 ? 16 : 4) + 2], cancellation);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A TLS connection to a node, for bytes that no ordinary client sends; its certificate is checked against the name.</summary>
    /// <param name="protocol">What to ask for by ALPN: <c>http/1.1</c> or <c>h2</c>.</param>
    public async Task<SslStream> SecureAsync(string name, CancellationToken cancellation, string protocol = "http/1.1")
    {
        var stream = new SslStream(await ConnectAsync(name, 443, cancellation));
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = name,
                    CertificateChainPolicy = TrustOnly(_tailnet.Authorities),
                    ApplicationProtocols = [new SslApplicationProtocol(protocol)],
                },
                cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Sends a few bytes to a port and gives what comes back until its end; null when nothing is there (refused, or closed without a word).
    /// </summary>
    public async Task<string?> KnockAsync(string host, int port, string say, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        try
        {
            await using var stream = await ConnectAsync(host, port, cancellation);
            await stream.WriteAsync(Encoding.ASCII.GetBytes(say), cancellation);
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer, cancellation).AsTask().WaitAsync(Eventually.Deadline, cancellation) is > 0 and var read)
            {
                text.Append(Encoding.ASCII.GetString(buffer, 0, read));
            }
        }
        catch (IOException)
        {
            // Refused, or broken off.
        }

        return text.Length == 0 ? null : text.ToString();
    }

    /// <summary>How this peer sees a node of the tailnet; null when it sees none of that name.</summary>
    /// <param name="hostName">First label of the node's tailnet name.</param>
    public async Task<TailnetNode?> SeeAsync(string hostName, CancellationToken cancellation)
    {
        using var status = await StatusAsync(cancellation);
        if (status.RootElement.GetProperty("Peer") is not { ValueKind: JsonValueKind.Object } peers)
        {
            return null;
        }

        var node = peers.EnumerateObject().Select(peer => peer.Value)
            .FirstOrDefault(peer => peer.GetProperty("DNSName").GetString()!.StartsWith(hostName + ".", StringComparison.Ordinal));
        return node.ValueKind == JsonValueKind.Undefined
            ? null
            : new TailnetNode(
                node.GetProperty("ID").GetString()!,
                node.GetProperty("DNSName").GetString()!.TrimEnd('.'),
                [.. node.GetProperty("TailscaleIPs").EnumerateArray().Select(address => address.GetString()!)],
                node.GetProperty("Online").GetBoolean());
    }

    public async ValueTask DisposeAsync()
    {
        _owned.ForEach(owned => owned.Dispose());
        await _tailscaled.DisposeAsync();
    }

    public override string ToString() => $"peer {Login} ({Address}){Environment.NewLine}{LastWords}";

    // Without what only a developer of Tailscale reads.
    private string LastWords => string.Join(
        Environment.NewLine,
        _tailscaled.Log.Split(Environment.NewLine).Where(line => !line.Contains("[v1]", StringComparison.Ordinal)).TakeLast(40));

    private static X509ChainPolicy TrustOnly(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private async Task LogInAsync(string hostName, string authKey, TestDirectory directory, CancellationToken cancellation)
    {
        await Eventually.TrueAsync(
            () => File.Exists(_socket) || _tailscaled.HasExited, $"the socket of peer {hostName}");
        var keyFile = directory[$"{hostName}.key"];
        await File.WriteAllTextAsync(keyFile, authKey, cancellation);
        var up = await TailscaleAsync(
            [
                "up", "--reset", $"--auth-key=file:{keyFile}", $"--hostname={hostName}", $"--login-server={_tailnet.ControlUrl}",
                "--accept-dns=false",
                "--timeout=60s",
            ],
            cancellation);
        if (up.ExitCode != 0)
        {
            throw new InvalidOperationException($"Peer {hostName} could not log in: {up}{Environment.NewLine}{LastWords}");
        }

        using var status = await StatusAsync(cancellation);
        var self = status.RootElement.GetProperty("Self");
        Address = self.GetProperty("TailscaleIPs")[0].GetString()!;
        Suffix = status.RootElement.GetProperty("MagicDNSSuffix").GetString()!;
        // The status names users only where there are peers.
        using var whoIs = JsonDocument.Parse((await TailscaleAsync(["whois", "--json", Address], cancellation)).MustSucceed().Stdout);
        Login = whoIs.RootElement.GetProperty("UserProfile").GetProperty("LoginName").GetString()!;
    }

    private async Task<JsonDocument> StatusAsync(CancellationToken cancellation) =>
        JsonDocument.Parse((await TailscaleAsync(["status", "--json"], cancellation)).MustSucceed().Stdout);

    private Task<CommandResult> TailscaleAsync(string[] arguments, CancellationToken cancellation) =>
        Command.RunAsync(_tailnet.Tailscale, [$"--socket={_socket}", .. arguments], _tailnet.Environment, cancellation: cancellation);
}
