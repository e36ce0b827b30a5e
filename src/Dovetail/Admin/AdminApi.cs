using Dovetail.Common;
using Dovetail.Docker;
using Dovetail.Notifications;
using Dovetail.Notifications.Receivers;
using Dovetail.Reconciliation;
using Dovetail.Services.Labels;

namespace Dovetail.Admin;

/// <summary>
/// The admin API, for the commands that talk to a running daemon. It listens on a unix socket, because every port on loopback
/// can be reached from the tailnet through each node (tailscaled in userspace mode).
/// </summary>
internal static class AdminApi
{
    /// <returns>Path of the admin socket.</returns>
    public static string SocketIn(string runtimeDirectory) => Path.Combine(runtimeDirectory, "dovetail.sock");

    /// <summary>Maps the requests to the services of the application.</summary>
    public static void MapAdmin(this WebApplication app)
    {
        var reconciler = app.Services.GetRequiredService<Reconciler>();
        var watcher = app.Services.GetRequiredService<DockerWatcher>();
        var further = app.Services.GetService<FurtherEngines>();
        var forgetter = app.Services.GetService<Forgetter>();
        var options = app.Services.GetRequiredService<AdminOptions>();
        var time = app.Services.GetRequiredService<TimeProvider>();
        var notifier = app.Services.GetService<Notifier>();
        app.MapGet("/v1/status", context => context.Response.WriteAsJsonAsync(
            StatusMapper.Map(
                reconciler.Report(), watcher.Health, options.DockerEndpoint, notifier?.Report(), forgetter?.Machines, further?.Health),
            AdminJson.Default.StatusDocument));
        app.MapGet("/v1/health", context => context.Response.WriteAsJsonAsync(
            HealthRules.From(
                reconciler.Report(), watcher.Health, options.DockerEndpoint, options.Resync, time.GetUtcNow(), further?.Health),
            AdminJson.Default.HealthDocument));
        app.MapGet("/v1/states", context => StatesAsync(
            context, app.Services.GetRequiredService<UnwantedStates>(), forgetter));
        app.MapPost("/v1/notify", context => NotifyAsync(context, notifier));
        app.MapPost("/v1/services/{name}/restart", context => RestartAsync(context, reconciler));
        app.MapGet("/v1/services/{name}/log", context => LogAsync(context, reconciler));
        app.MapDelete("/v1/services/{name}", context => ForgetAsync(context, reconciler));
    }

    private static async Task StatesAsync(HttpContext context, UnwantedStates states, Forgetter? forgetter)
    {
        var (unwanted, problem) = await states.FindAsync(context.RequestAborted);
        var document = new StatesDocument(problem, [.. unwanted.Select(state => new StateStatus(
            state.Name, state.LastUsed, forgetter?.Machines.FirstOrDefault(machine => machine.Name == state.Name)?.ForgottenAt))]);
        await context.Response.WriteAsJsonAsync(document, AdminJson.Default.StatesDocument);
    }

    private static async Task NotifyAsync(HttpContext context, Notifier? notifier)
    {
        if (notifier is null)
        {
            await AnswerAsync(
                context,
                StatusCodes.Status409Conflict,
                "nobody is notified: set DOVETAIL_NOTIFY or DOVETAIL_NOTIFY_FILE, and start Dovetail anew");
            return;
        }

        using var end = EndOf(context);
        try
        {
            var (answers, problem) = await notifier.TestAsync(end.Token);
            var isGood = problem is null && answers.All(static answer => answer.Delivery.Outcome == DeliveryOutcome.Sent);
            var lines = problem is null
                ? answers.Select(static answer => $"{answer.Receiver}: {answer.Delivery.Text}")
                : [$"DOVETAIL_NOTIFY_FILE {problem}"];
            await AnswerAsync(
                context, isGood ? StatusCodes.Status200OK : StatusCodes.Status409Conflict, string.Join('\n', lines));
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(context, StatusCodes.Status409Conflict, "Dovetail stops");
        }
    }

    private static Task RestartAsync(HttpContext context, Reconciler reconciler)
    {
        var name = NameOf(context);
        if (reconciler.Find(name) is not { } node)
        {
            return NotFoundAsync(context, name);
        }

        node.Restart();
        return AnswerAsync(context, StatusCodes.Status200OK, $"{name}: tailscaled is started anew");
    }

    private static async Task LogAsync(HttpContext context, Reconciler reconciler)
    {
        var name = NameOf(context);
        if (reconciler.Find(name) is not { } node)
        {
            await NotFoundAsync(context, name);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        if (!context.Request.Query.ContainsKey("follow"))
        {
            var lines = node.DaemonLog.Tail(int.MaxValue).Select(static line => Printable.Line(line) + "\n");
            await context.Response.WriteAsync(string.Concat(lines));
            return;
        }

        // A client that follows a log must not keep the daemon from stopping.
        using var end = EndOf(context);
        try
        {
            // The client learns that it is connected, not only with the first line.
            await context.Response.Body.FlushAsync(end.Token);
            await foreach (var line in node.DaemonLog.FollowAsync(end.Token))
            {
                await context.Response.WriteAsync(Printable.Line(line) + "\n", end.Token);
                await context.Response.Body.FlushAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client left, or the daemon stops.
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

        // A logout that waits for the control server must not keep the daemon from stopping.
        using var end = EndOf(context);
        try
        {
            var outcome = await reconciler.ForgetAsync(name, context.Request.Query.ContainsKey("force"), end.Token);
            await AnswerAsync(
                context,
                outcome.Done ? StatusCodes.Status200OK : StatusCodes.Status409Conflict,
                outcome switch
                {
                    { Done: true, Reason: null } => $"{name} is forgotten: its machine is logged out and its state removed",
                    { Done: true } => $"{name} is forgotten: its state is removed, but its machine stays in the tailnet ({outcome.Reason}); "
                        + "remove it there",
                    _ => outcome.Reason ?? "",
                });
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await AnswerAsync(context, StatusCodes.Status409Conflict, $"{name} is not forgotten: Dovetail stops");
        }
    }

    // The client leaves, or the daemon stops.
    private static CancellationTokenSource EndOf(HttpContext context) => CancellationTokenSource.CreateLinkedTokenSource(
        context.RequestAborted,
        context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    private static string NameOf(HttpContext context) => (string?)context.Request.RouteValues["name"] ?? "";

    private static Task NotFoundAsync(HttpContext context, string name) =>
        AnswerAsync(context, StatusCodes.Status404NotFound, $"there is no service named {Printable.Text(name)}");

    private static Task AnswerAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n");
    }
}
