using System.Collections.Concurrent;
using Dovetail.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Commands;

/// <summary>Answers at an admin socket as a test says.</summary>
internal sealed class ScriptedDaemon : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedDaemon(WebApplication app) => _app = app;

    /// <summary>Method, path and query of each request.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public static async Task<ScriptedDaemon> StartAsync(string runtimeDirectory, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel(kestrel => kestrel.ListenUnixSocket(AdminApi.SocketIn(runtimeDirectory)));
        var app = builder.Build();
        var daemon = new ScriptedDaemon(app);
        app.Run(context =>
        {
            daemon.Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
            return answer(context);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return daemon;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
