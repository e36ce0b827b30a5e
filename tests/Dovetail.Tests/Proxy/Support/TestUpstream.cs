using System.Net;
using Dovetail.Services.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A container's application: a real Kestrel on a loopback address that no listener uses.</summary>
internal sealed class TestUpstream : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestUpstream(WebApplication app, string containerId, UpstreamScheme scheme)
    {
        _app = app;
        var uri = new Uri(app.Urls.First());
        Upstream = new Upstream
        {
            ContainerId = containerId,
            ContainerName = containerId,
            Scheme = scheme,
            Host = uri.Host,
            Port = uri.Port,
            Route = "test",
        };
    }

    public Upstream Upstream { get; }

    /// <param name="connected">Told of each connection's id when it opens (true) and when it closes (false).</param>
    /// <param name="serverName">Told which name each TLS handshake asks for; empty when for none.</param>
    public static async Task<TestUpstream> StartAsync(
        RequestDelegate handler,
        string containerId = "app",
        UpstreamScheme scheme = UpstreamScheme.Http,
        int port = 0,
        bool largeRequests = false,
        Action<string, bool>? connected = null,
        Action<string>? serverName = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
            if (largeRequests)
            {
                options.Limits.MaxRequestBufferSize = 4 << 20;
                options.Limits.MaxRequestLineSize = 2 << 20;
                options.Limits.MaxRequestHeadersTotalSize = 2 << 20;
                options.Limits.MaxRequestHeaderCount = 20_000;
            }

            options.Listen(IPAddress.Parse("127.99.0.1"), port, listen =>
            {
                listen.Protocols = scheme switch
                {
                    UpstreamScheme.H2c => HttpProtocols.Http2,
                    UpstreamScheme.Http => HttpProtocols.Http1,
                    _ => HttpProtocols.Http1AndHttp2,
                };
                if (scheme is UpstreamScheme.Https or UpstreamScheme.HttpsInsecure)
                {
                    listen.Use(next => async connection =>
                    {
                        connected?.Invoke(connection.ConnectionId, true);
                        await next(connection);
                        connected?.Invoke(connection.ConnectionId, false);
                    });
                    var certificate = TestCertificate.Create("upstream.test").Leaf;
                    listen.UseHttps(new HttpsConnectionAdapterOptions
                    {
                        ServerCertificateSelector = (_, name) =>
                        {
                            serverName?.Invoke(name ?? "");
                            return certificate;
                        },
                    });
                }
            });
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(handler);
        await app.StartAsync();
        return new TestUpstream(app, containerId, scheme);
    }

    /// <summary>A container that is named and does not listen.</summary>
    public static async Task<Upstream> GoneAsync(string containerId)
    {
        await using var upstream = await StartAsync(_ => Task.CompletedTask, containerId);
        return upstream.Upstream;
    }

    /// <summary>Ends as a killed container does: connections are cut.</summary>
    public async Task KillAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _app.DisposeAsync();
    }
}
