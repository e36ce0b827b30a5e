using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Common;
using Dovetail.Proxy;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A listener with the test in the place of tailscaled: connections begin with a PROXY protocol header.</summary>
internal sealed class TestListener : IAsyncDisposable
{
    public const string HostName = "web.example.ts.net";
    public static readonly IPEndPoint Laptop = new(IPAddress.Parse("100.64.0.7"), 40123);

    private readonly WebApplication _root;

    private TestListener(
        WebApplication root,
        NodeListener listener,
        TestMetrics metrics,
        FakeDirectory directory,
        FakeAllowedProcess process,
        ListenerConfig config)
    {
        _root = root;
        Listener = listener;
        Metrics = metrics;
        Directory = directory;
        Process = process;
        Config = config;
    }

    public NodeListener Listener { get; }

    public TestMetrics Metrics { get; }

    public ProxyMetrics Instruments => _root.Services.GetRequiredService<ProxyMetrics>();

    public FakeDirectory Directory { get; }

    public FakeAllowedProcess Process { get; }

    public ListenerConfig Config { get; }

    /// <param name="time">Default: the system's.</param>
    /// <param name="own">Answers for a service that Dovetail serves itself.</param>
    /// <param name="uses">Stops and starts containers.</param>
    public static async Task<TestListener> StartAsync(
        ServiceSpec service,
        FakeDirectory? directory = null,
        bool https = true,
        ListenerOptions? options = null,
        bool withCertificate = true,
        ILoggerProvider? log = null,
        TimeProvider? time = null,
        IOwnPages? own = null,
        IServiceUses? uses = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddProxy(options);
        if (own is not null)
        {
            builder.Services.AddSingleton(own);
        }

        if (uses is not null)
        {
            builder.Services.AddSingleton(uses);
        }

        var root = builder.Build();
        var metrics = new TestMetrics(root.Services.GetRequiredService<IMeterFactory>());
        var config = new ListenerConfig(service, HostName, https);
        directory ??= new FakeDirectory();
        var process = new FakeAllowedProcess();
        var factory = root.Services.GetRequiredService<NodeListenerFactory>();
        var listener = await factory.StartAsync(directory, process, config, TestContext.Current.CancellationToken);
        if (withCertificate)
        {
            listener.UseCertificate(TestCertificate.Create(HostName));
        }

        return new TestListener(root, listener, metrics, directory, process, config);
    }

    public static ServiceSpec Service(params TestUpstream[] upstreams) => new()
    {
        Name = "web",
        AccessLog = true,
        Upstreams = upstreams.Select(upstream => upstream.Upstream).ToEquatableArray(),
    };

    public ValueTask UpdateAsync(ServiceSpec service) => Listener.UpdateAsync(Config with { Service = service });

    /// <summary>The listener of another node of the same daemon.</summary>
    public async Task<NodeListener> BesideAsync(ServiceSpec service) => await _root.Services.GetRequiredService<NodeListenerFactory>()
        .StartAsync(Directory, Process, new ListenerConfig(service, HostName, Https: true), TestContext.Current.CancellationToken);

    /// <summary>A connection as tailscaled makes it, header sent.</summary>
    public async Task<NetworkStream> ConnectAsync(IPEndPoint? port = null, IPEndPoint? peer = null)
    {
        var stream = await ConnectBareAsync(port);
        await stream.WriteAsync(Header(peer ?? Laptop), TestContext.Current.CancellationToken);
        return stream;
    }

    public async Task<NetworkStream> ConnectBareAsync(IPEndPoint? port = null)
    {
        var target = port ?? Listener.Ports.Https;
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(target, TestContext.Current.CancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <param name="below">Puts a stream between TLS and the connection.</param>
    public async Task<SslStream> ConnectTlsAsync(string protocol = "http/1.1", IPEndPoint? peer = null, Func<Stream, Stream>? below = null)
    {
        Stream connection = await ConnectAsync(peer: peer);
        var stream = new SslStream(below?.Invoke(connection) ?? connection);
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = HostName,
                RemoteCertificateValidationCallback = IsOurs,
                ApplicationProtocols = [new SslApplicationProtocol(protocol)],
            },
            TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>A client that reaches the listener through the tailnet; base address <c>https://web.example.ts.net/</c>.</summary>
    /// <param name="responseHeaders">Kilobytes of response headers that it takes.</param>
    public HttpClient Client(Version? version = null, bool https = true, IPEndPoint? peer = null, int responseHeaders = 64)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = responseHeaders,
            SslOptions = { RemoteCertificateValidationCallback = IsOurs },
            ConnectCallback = async (_, _) => await ConnectAsync(https ? Listener.Ports.Https : Listener.Ports.Http, peer),
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"{(https ? "https" : "http")}://{HostName}/"),
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TimeSpan.FromSeconds(60),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Listener.DisposeAsync();
        Metrics.Dispose();
        await _root.DisposeAsync();
    }

    // The chain is the test's own; the name must be the node's.
    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Subject == $"CN={HostName}";

    private static byte[] Header(IPEndPoint peer) => new ProxyProtocolHeader(
        peer,
        IPEndPoint.Parse(peer.AddressFamily == AddressFamily.InterNetwork ? "100.64.0.3:8443" : "[fd7a:115c:a1e0::3]:8443")).ToBytes();
}
