using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace StreamBackend;

/// <summary>
/// An application in a container for long and large exchanges, with no limit of its own: HTTP on port 80, and on port 81 a raw
/// connection that gives back what it gets.
/// </summary>
internal static class Program
{
    private static async Task Main()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenAnyIP(80);
            kestrel.ListenAnyIP(81, listen => listen.Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output)));
        });
        await using var app = builder.Build();
        // No pings: a WebSocket that is idle is silent.
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(new Backend().AnswerAsync);
        await app.RunAsync();
    }
}
