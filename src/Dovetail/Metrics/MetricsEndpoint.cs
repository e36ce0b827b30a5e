using System.Net;
using Dovetail.Docker;
using Dovetail.Processes;
using Dovetail.Reconciliation;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dovetail.Metrics;

/// <summary>What the configuration says to the metrics.</summary>
/// <param name="Address">Where Prometheus reads them, besides the admin socket; null: nowhere.</param>
/// <param name="Version">Of Dovetail.</param>
internal sealed record MetricsOptions(IPEndPoint? Address, string Version);

/// <summary><c>GET /metrics</c>, on the admin socket and, when asked, on an address of its own, where nothing else is served.</summary>
internal static class MetricsEndpoint
{
    private const string Path = "/metrics";

    public static IServiceCollection AddDaemonMetrics(this IServiceCollection services, MetricsOptions options)
    {
        if (options.Address is { } address)
        {
            services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(address));
        }

        return services.AddSingleton(options).AddSingleton<ProxyMeasurements>();
    }

    /// <summary>Maps it. Comes before everything else that is mapped.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<MetricsOptions>();
        var measurements = app.Services.GetRequiredService<ProxyMeasurements>();
        var reconciler = app.Services.GetRequiredService<Reconciler>();
        var watcher = app.Services.GetRequiredService<DockerWatcher>();
        var forgetter = app.Services.GetService<Forgetter>();
        if (options.Address is not null)
        {
            // Somebody will scrape: count from the start.
            measurements.Start();
        }

        app.Use((context, next) =>
        {
            // Over TCP nothing but the metrics: the admin API is for those who may open its socket.
            if (context.Request.Path != Path)
            {
                return context.Connection.LocalIpAddress is null ? next(context) : AnswerAsync(context, StatusCodes.Status404NotFound, "");
            }

            if (!HttpMethods.IsGet(context.Request.Method))
            {
                return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "");
            }

            measurements.Start();
            var report = reconciler.Report();
            var text = new PrometheusText();
            DaemonMetrics.Write(text, report, watcher.Health, options.Version, ProcessUsage.Of, forgetter?.Machines.Count);
            measurements.Write(text, report.Nodes.Select(static node => node.Service.Name).ToHashSet(StringComparer.Ordinal));
            return AnswerAsync(context, StatusCodes.Status200OK, text.ToString());
        });
    }

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = PrometheusText.ContentType;
        return context.Response.WriteAsync(text);
    }
}
