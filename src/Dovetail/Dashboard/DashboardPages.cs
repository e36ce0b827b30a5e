using System.Text;
using Dovetail.Common;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Reconciliation;

namespace Dovetail.Dashboard;

/// <summary>
/// The dashboard's requests: pages, what belongs to them, their event streams, and the one order. Who comes here has passed the
/// listener's rules, which let everybody in where the start page is for everybody; what each may see is decided here.
/// </summary>
internal sealed partial class DashboardPages(
    DashboardView view,
    EventStreams events,
    OrderCheck orders,
    DashboardOptions options,
    Reconciler reconciler,
    TimeProvider time,
    ILogger<DashboardPages> logger) : IOwnPages
{
    private const string Restart = "/restart";

    // Nothing from anywhere else, nothing written into the page, and no other page around it.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    private readonly IReadOnlyDictionary<string, Asset> _assets = Asset.ReadAll();
    private readonly LogThrottle _refusals = new(time);

    public async Task AnswerAsync(HttpContext context, PeerIdentity peer, CancellationToken stopping)
    {
        Protect(context.Response.Headers);
        var visitor = new Visitor(peer, options);
        var path = context.Request.Path.Value ?? "/";
        if (HttpMethods.IsPost(context.Request.Method) && ServiceToRestart(path) is { } service)
        {
            await RestartAsync(context, visitor, service);
        }
        else if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            const string reason = "Pages are only read.";
            await WriteAsync(context, visitor, Page.Refused(StatusCodes.Status405MethodNotAllowed, path, "Not possible", reason));
        }
        else if (_assets.TryGetValue(path, out var asset))
        {
            await WriteAsync(context, asset);
        }
        else if (path == "/events")
        {
            await FollowAsync(context, visitor, stopping);
        }
        else
        {
            await WriteAsync(context, visitor, view.PageOf(path, visitor, context.Request.Query.ContainsKey("restarted")));
        }
    }

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";
        // Not "no-referrer": with that, browsers send no origin with the order either.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static string? ServiceToRestart(string path) =>
        path.StartsWith(DashboardView.Services, StringComparison.Ordinal) && path.EndsWith(Restart, StringComparison.Ordinal)
            && path.Length > DashboardView.Services.Length + Restart.Length
            ? path[DashboardView.Services.Length..^Restart.Length]
            : null;

    private async Task FollowAsync(HttpContext context, Visitor visitor, CancellationToken stopping)
    {
        var path = context.Request.Query["page"].ToString();
        var page = view.PageOf(path, visitor);
        if (page.Status != StatusCodes.Status200OK || HttpMethods.IsHead(context.Request.Method))
        {
            await WriteAsync(context, visitor, page);
        }
        else if (!await events.TrySendAsync(context, path, visitor, stopping))
        {
            const string reason = "Too many pages are followed at a time. Close some, or reload this one now and then.";
            await WriteAsync(context, visitor, Page.Refused(StatusCodes.Status503ServiceUnavailable, path, "Busy", reason));
        }
    }

    private async Task RestartAsync(HttpContext context, Visitor visitor, string service)
    {
        var refusal = visitor.IsAdmin
            ? await orders.RefusalOfAsync(context.Request, visitor, service, context.RequestAborted)
            : "You are not on the list of those who may restart services.";
        if (refusal is not null)
        {
            if (_refusals.TryPass(out var suppressed))
            {
                Log.Refused(logger, options.Name, Printable.Text(visitor.Name), Printable.Text(service), refusal, suppressed);
            }

            await WriteAsync(
                context, visitor, Page.Refused(StatusCodes.Status403Forbidden, context.Request.Path.Value ?? "", "Not allowed", refusal));
            return;
        }

        if (service == options.Name || reconciler.Find(service) is not { } node)
        {
            // The dashboard does not cut off its own answer; for that there is the command.
            await WriteAsync(context, visitor, Page.NotFound(context.Request.Path.Value ?? ""));
            return;
        }

        Log.Restarted(logger, service, Printable.Text(visitor.Name));
        node.Restart();
        // A page that is got, so that reloading it orders nothing.
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"{DashboardView.Services}{service}?restarted";
    }

    private Task WriteAsync(HttpContext context, Visitor visitor, Page page)
    {
        context.Response.StatusCode = page.Status;
        return WriteAsync(context, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(page.Document(visitor, time.GetUtcNow())));
    }

    private static Task WriteAsync(HttpContext context, Asset asset)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.ETag = asset.Tag;
        if (context.Request.Headers.IfNoneMatch == asset.Tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }

        return WriteAsync(context, asset.Type, asset.Content);
    }

    private static async Task WriteAsync(HttpContext context, string type, ReadOnlyMemory<byte> content)
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Information, "{Service}: {Who} restarts it, on the dashboard")]
        public static partial void Restarted(ILogger logger, string service, string who);

        [LoggerMessage(
            5002,
            LogLevel.Warning,
            "{Service}: {Who} may not restart {Target}: {Reason} ({Suppressed} more since the last such line)")]
        public static partial void Refused(ILogger logger, string service, string who, string target, string reason, int suppressed);
    }
}
