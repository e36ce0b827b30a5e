using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// A proxy in front of the Engine's socket that answers 403 to what is not allowed, by the rules of tecnativa/docker-socket-proxy: the
/// part of the path after the version, and no method but GET and HEAD. Remembers what was asked.
/// </summary>
internal sealed class SocketProxy : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly HttpMessageInvoker _engine;
    private readonly HashSet<string> _allowed;

    private SocketProxy(string socket, Engine engine, IEnumerable<string> allowed)
    {
        Host = $"unix://{socket}";
        _allowed = allowed.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var target = new UnixDomainSocketEndPoint(new Uri(engine.Host).LocalPath);
        _engine = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(target, cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Run(AnswerAsync);
    }

    /// <summary>As in <c>DOCKER_HOST</c>.</summary>
    public string Host { get; }

    /// <summary>Method and path of everything that was asked.</summary>
    public ConcurrentQueue<(string Method, string Path)> Requests { get; } = new();

    /// <summary>When containers were listed, as timestamps of <see cref="Stopwatch"/>.</summary>
    public ConcurrentQueue<long> Listings { get; } = new();

    /// <summary>Changes what the Engine says when it lists containers; null: it stays as it is.</summary>
    public Func<string, string>? ChangeListing { get; set; }

    /// <summary>The paths that were refused.</summary>
    public ConcurrentQueue<string> Refused { get; } = new();

    /// <param name="allowed">Sections of the API as the proxy's variables name them, such as <c>CONTAINERS</c>.</param>
    public static async Task<SocketProxy> StartAsync(string socket, Engine engine, IEnumerable<string> allowed)
    {
        var proxy = new SocketProxy(socket, engine, allowed);
        await proxy._server.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _server.StopAsync(now.Token);
        await _server.DisposeAsync();
        _engine.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue((context.Request.Method, path));
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var section = parts.FirstOrDefault(part => !(part[0] == 'v' && char.IsAsciiDigit(part[^1]))) ?? "";
        if (!_allowed.Contains(section) || context.Request.Method is not ("GET" or "HEAD"))
        {
            Refused.Enqueue(path);
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await context.Response.WriteAsync(
                "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>");
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://docker{path}{context.Request.QueryString}");
        try
        {
            using var answer = await _engine.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            if (path.EndsWith("/containers/json", StringComparison.Ordinal))
            {
                Listings.Enqueue(Stopwatch.GetTimestamp());
                var listing = await answer.Content.ReadAsStringAsync(context.RequestAborted);
                await context.Response.WriteAsync(ChangeListing?.Invoke(listing) ?? listing, context.RequestAborted);
                return;
            }

            await context.Response.Body.FlushAsync(context.RequestAborted);
            await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
            var buffer = new byte[16 << 10];
            for (int read; (read = await body.ReadAsync(buffer, context.RequestAborted)) > 0;)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}
