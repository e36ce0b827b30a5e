using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using TestBackend;

// An application in a container as a user would write it: keep-alive connections, and on SIGTERM it finishes what it has begun.
//   GREETING       what it says to a GET; a POST is answered with its body
//   LEAVE_AFTER_MS how long it goes on accepting after SIGTERM, so that whoever sends requests can hear of it
var greeting = Environment.GetEnvironmentVariable("GREETING") ?? "Hello";
var leaveAfter = TimeSpan.FromMilliseconds(int.Parse(Environment.GetEnvironmentVariable("LEAVE_AFTER_MS") ?? "0", CultureInfo.InvariantCulture));

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenAnyIP(80));
builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(8));
builder.Services.AddSingleton<IHostLifetime, LifetimeOfItsOwn>();
await using var app = builder.Build();
app.Run(async context =>
{
    if (context.Request.Query["ms"] is [{ } milliseconds])
    {
        await Task.Delay(int.Parse(milliseconds, CultureInfo.InvariantCulture), context.RequestAborted);
    }

    if (HttpMethods.IsPost(context.Request.Method))
    {
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
    else
    {
        // With its length the answer is one piece: whoever is killed has sent all of it or nothing.
        var text = $"{greeting} from {Environment.MachineName}";
        context.Response.ContentLength = Encoding.UTF8.GetByteCount(text);
        await context.Response.WriteAsync(text, context.RequestAborted);
    }
});

using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    _ = Task.Delay(leaveAfter).ContinueWith(_ => app.Lifetime.StopApplication(), TaskScheduler.Default);
});
await app.RunAsync();
