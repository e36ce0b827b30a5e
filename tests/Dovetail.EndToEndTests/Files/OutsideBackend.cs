using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Files;

/// <summary>A web server as a process of the host, outside of Docker, that can be ended and started again at its port.</summary>
internal sealed class OutsideBackend : IAsyncDisposable
{
    private readonly string _root;
    private BackgroundProcess? _httpd;

    /// <param name="root">A directory of its own; made here.</param>
    /// <param name="page">What its front page says.</param>
    public OutsideBackend(string root, string page)
    {
        _root = Directory.CreateDirectory(root).FullName;
        File.WriteAllText(Path.Combine(_root, "index.html"), page);
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        Port = ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public int Port { get; }

    public async Task StartAsync()
    {
        _httpd = new BackgroundProcess(
            TestSettings.Busybox,
            ["httpd", "-f", "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}"), "-h", _root],
            new Dictionary<string, string?>());
        await Eventually.TrueAsync(
            async () =>
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, Port);
                return true;
            },
            "the web server to listen");
    }

    public async Task EndAsync()
    {
        if (_httpd is { } httpd)
        {
            _httpd = null;
            await httpd.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync() => await EndAsync();
}
