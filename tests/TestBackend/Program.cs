using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace TestBackend;

/// <summary>
/// An application in a container as a user would write it: keep-alive connections, no limit of its own, and on SIGTERM it finishes
/// what it has begun. HTTP on port 80, and on port 81 a raw connection that gives back what it gets. <c>GREETING</c> is what it says
/// to a GET; <c>LEAVE_AFTER_MS</c> is how long it goes on accepting after SIGTERM, so that whoever sends requests can hear of it.
/// </summary>
internal static class Program
{
    private static async Task Main()
    {
        var greeting = Environment.GetEnvironmentVariable("GREETING") ?? "Hello";
        var leaveAfter = TimeSpan.FromMilliseconds(
            int.Parse(Environment.GetEnvironmentVariable("LEAVE_AFTER_MS") ?? "0", CultureInfo.InvariantCulture));

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.ListenAnyIP(80);
            kestrel.ListenAnyIP(
                81, listen => listen.Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output)));
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
        builder.Services.AddSingleton<IHostLifetime, LifetimeOfItsOwn>();
        await using var app = builder.Build();
        // No pings: a WebSocket that is idle is silent.
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Run(new Backend(greeting).AnswerAsync);

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
        {
            signal.Cancel = true;
            _ = Task.Delay(leaveAfter).ContinueWith(_ => app.Lifetime.StopApplication(), TaskScheduler.Default);
        });
        await app.RunAsync();
    }
}
