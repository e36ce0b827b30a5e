using Dovetail.Docker;
using Dovetail.Reconciliation;

namespace Dovetail.Admin;

/// <summary>The admin API: what <c>dovetail status</c> and <c>dovetail health</c> ask over the unix socket.</summary>
internal static class AdminApi
{
    public static void Map(IEndpointRouteBuilder routes, Reconciler reconciler, DockerWatcher watcher, string endpoint)
    {
        routes.MapGet("/v1/status", context =>
            context.Response.WriteAsJsonAsync(StatusReader.Read(reconciler.Report(), watcher.Health, endpoint), AdminJson.Default.StatusDocument));
        routes.MapGet("/v1/health", context =>
            context.Response.WriteAsJsonAsync(StatusReader.ReadHealth(reconciler.Report()), AdminJson.Default.HealthDocument));
    }
}
