using Dovetail.Common;
using Dovetail.Docker;
using Dovetail.Reconciliation;
using Dovetail.Services.Labels;

namespace Dovetail.Admin;

/// <summary>The admin API: what <c>dovetail status</c> and <c>dovetail health</c> ask over the unix socket.</summary>
internal static class AdminApi
{
    private const int NotThere = StatusCodes.Status404NotFound;

    public static void Map(IEndpointRouteBuilder routes, Reconciler reconciler, DockerWatcher watcher, string endpoint)
    {
        routes.MapGet("/v1/status", context =>
            context.Response.WriteAsJsonAsync(StatusMapper.Read(reconciler.Report(), watcher.Health, endpoint), AdminJson.Default.StatusDocument));
        routes.MapGet("/v1/health", context =>
            context.Response.WriteAsJsonAsync(StatusMapper.ReadHealth(reconciler.Report()), AdminJson.Default.HealthDocument));
        routes.MapPost("/v1/services/{name}/restart", context => RestartAsync(context, reconciler));
        routes.MapGet("/v1/services/{name}/log", context => LogAsync(context, reconciler));
        routes.MapDelete("/v1/services/{name}", context => ForgetAsync(context, reconciler));
    }

    private static Task RestartAsync(HttpContext context, Reconciler reconciler)
    {
        var name = NameOf(context);
        if (reconciler.Find(name) is not { } node)
        {
            return AnswerAsync(context, NotThere, $"there is no service named {name}");
        }

        node.Restart();
        return AnswerAsync(context, StatusCodes.Status200OK, $"{name}: tailscaled is started anew");
    }

    private static async Task LogAsync(HttpContext context, Reconciler reconciler)
    {
        var name = NameOf(context);
        if (reconciler.Find(name) is not { } node)
        {
            await AnswerAsync(context, NotThere, $"there is no service named {name}");
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        if (!context.Request.Query.ContainsKey("follow"))
        {
            await context.Response.WriteAsync(string.Concat(node.DaemonLog.Tail(int.MaxValue).Select(static line => line + "\n")));
            return;
        }

        // Somebody who follows a log must not keep the daemon from stopping.
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await foreach (var line in node.DaemonLog.FollowAsync(end.Token))
            {
                await context.Response.WriteAsync(line + "\n", end.Token);
                await context.Response.Body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The follower left, or the daemon stops.
        }
    }

    private static async Task ForgetAsync(HttpContext context, Reconciler reconciler)
    {
        var name = NameOf(context);
        // The name becomes a path below the state directory.
        if (!NameSyntax.IsValid(name))
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest, $"{Printable.Text(name)} is no service name");
            return;
        }

        var outcome = await reconciler.ForgetAsync(name, context.Request.Query.ContainsKey("force"), context.RequestAborted);
        await AnswerAsync(
            context,
            outcome.Done ? StatusCodes.Status200OK : StatusCodes.Status409Conflict,
            outcome.Reason ?? $"{name} is forgotten: its machine is logged out and its state removed");
    }

    private static string NameOf(HttpContext context) => (string?)context.Request.RouteValues["name"] ?? "";

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n");
    }
}
