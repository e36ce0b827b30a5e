using System.Threading.RateLimiting;
using Dovetail.Admin;
using Dovetail.Configuration;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Processes;
using Dovetail.Proxy;
using Dovetail.Proxy.Http;
using Dovetail.Reconciliation;
using Dovetail.Tailscale;
using Microsoft.Extensions.Logging.Console;

namespace Dovetail.Commands;

/// <summary>Puts the daemon together: the admin API is the host's own web server, the reconciler its background service.</summary>
internal static class DaemonHost
{
    // Docker kills after 10 s.
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(9);

    public static WebApplication Build(DovetailOptions settings)
    {
        // Empty, so that no file in the working directory and no ASPNETCORE_ variable can make anything listen on a port.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddLogging(builder.Logging, settings);
        var socket = AdminSocket.PathIn(settings.Nodes.RuntimeDirectory);
        File.Delete(socket);
        builder.WebHost.UseKestrel(kestrel => kestrel.ListenUnixSocket(socket));
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(static options =>
        {
            options.ShutdownTimeout = ShutdownTimeout;
            options.ServicesStopConcurrently = true;
        });
        AddDaemon(builder.Services, settings);

        var app = builder.Build();
        AdminApi.Map(
            app,
            app.Services.GetRequiredService<Reconciler>(),
            app.Services.GetRequiredService<DockerWatcher>(),
            settings.Docker.ToString());
        return app;
    }

    private static void AddLogging(ILoggingBuilder logging, DovetailOptions settings)
    {
        logging.SetMinimumLevel(settings.LogLevel);
        logging.AddFilter(AccessLog.Category, settings.AccessLog ? LogLevel.Information : LogLevel.None);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("Yarp", LogLevel.Warning);
        logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
    }

    private static void AddDaemon(IServiceCollection services, DovetailOptions settings)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(Random.Shared);
        services.AddProxy(settings.Limits);
        services.AddSingleton(settings.Services);
        services.AddSingleton(new ReconcilerOptions(settings.Grace));
        services.AddSingleton(new DockerWatcherOptions
        {
            LabelPrefix = settings.Services.LabelPrefix,
            Container = settings.OwnContainer,
            ResyncInterval = settings.Resync,
        });
        services.AddSingleton(provider => new DockerClient(settings.Docker, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<DockerWatcher>();
        services.AddTailscale(settings.Tailscale);
        services.AddKeyedSingleton<RateLimiter>(nameof(NodeDependencies.CertificateOrders), static (_, _) => CertificateRunner.NewOrderLimit());
        services.AddSingleton(provider => NodeServicesFrom(provider, settings));
        services.AddSingleton<Reconciler>();
        services.AddHostedService(static provider => provider.GetRequiredService<Reconciler>());
    }

    private static NodeDependencies NodeServicesFrom(IServiceProvider provider, DovetailOptions settings)
    {
        return new NodeDependencies
        {
            Settings = settings.Nodes,
            Keys = settings.Keys,
            Command = provider.GetRequiredService<ITailscaleCommand>(),
            Listeners = provider.GetRequiredService<NodeListenerFactory>(),
            CertificateOrders = provider.GetRequiredKeyedService<RateLimiter>(nameof(NodeDependencies.CertificateOrders)),
            Control = provider.GetRequiredService<ControlProbe>(),
            ParentDeath = provider.GetRequiredService<ParentDeathPipe>(),
            Environment = ChildEnvironment.OfThisProcess(),
            Time = provider.GetRequiredService<TimeProvider>(),
            Random = provider.GetRequiredService<Random>(),
            Logs = provider.GetRequiredService<ILoggerFactory>(),
        };
    }
}
