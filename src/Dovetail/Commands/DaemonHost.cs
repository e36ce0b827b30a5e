using Dovetail.Admin;
using Dovetail.Configuration;
using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Files;
using Dovetail.Metrics;
using Dovetail.Metrics.Otlp;
using Dovetail.Nodes;
using Dovetail.Notifications;
using Dovetail.Proxy;
using Dovetail.Proxy.Http;
using Dovetail.Reconciliation;
using Dovetail.Sleep;
using Dovetail.Tailscale;
using Microsoft.Extensions.Logging.Console;

namespace Dovetail.Commands;

/// <summary>The composition root: the admin API is the host's own web server, the reconciler its background service.</summary>
internal static class DaemonHost
{
    // Docker kills after 10 s.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(9);

    public static WebApplication Build(DovetailOptions options)
    {
        // Empty, so that no file in the working directory and no ASPNETCORE_ variable can make anything listen on a port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrel();
        AddLogging(builder.Logging, options);
        builder.Services
            .Configure<HostOptions>(static host =>
            {
                host.ShutdownTimeout = ShutdownTimeout;
                host.ServicesStopConcurrently = true;
            })
            .AddSingleton(TimeProvider.System)
            .AddSingleton(Random.Shared)
            .AddHostedService<IdleMemory>()
            .AddDocker(options.Docker, options.Watcher)
            .AddTailscale(options.Tailscale)
            .AddProxy(options.Listeners)
            .AddNodes(options.Nodes, options.Keys)
            .AddReconciliation(options.Services, options.Reconciler)
            .AddDaemonMetrics(new MetricsOptions(options.MetricsAddress, StatusMapper.Version))
            .AddAdmin(new AdminOptions(options.Nodes.RuntimeDirectory, options.Docker.ToString(), options.Reconciler.Resync));

        if (options.FurtherEngines.Count > 0)
        {
            builder.Services.AddFurtherEngines(options.FurtherEngines);
        }

        if (options.Otlp is { } collector)
        {
            builder.Services.AddOtlp(collector);
        }

        if (options.ServicesFile is { } file)
        {
            builder.Services.AddServicesFile(file, options.Services.LabelPrefix, options.EngineNames);
        }

        if (options.Services.AllowStart)
        {
            builder.Services.AddSleep(options.Services);
        }

        if (options.Dashboard is { } dashboard)
        {
            builder.Services.AddDashboard(dashboard);
        }

        if (options.Notifications is { } notifications)
        {
            builder.Services.AddNotifications(notifications);
        }

        var app = builder.Build();
        app.MapMetrics();
        app.MapAdmin();
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, DovetailOptions options)
    {
        logging.SetMinimumLevel(options.LogLevel);
        // Each service says for itself whether it wants these lines, whatever the level of all others.
        logging.AddFilter(AccessLog.Category, LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Warning);
        if (options.JsonLog)
        {
            logging.AddJsonConsole(static console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = LogLines.Timestamp;
            });
            return;
        }

        logging.AddConsole(static console => console.FormatterName = LogLines.FormatterName);
        logging.Services.AddSingleton<ConsoleFormatter, LogLines>();
    }
}
