using Dovetail.Common;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>What is done for each request of a node: redirect, identity, policy, forwarding.</summary>
/// <param name="own">Answers what is admitted in the place of an upstream; null: the service has upstreams.</param>
internal sealed partial class RequestHandler(
    ListenerState state,
    PeerCache peers,
    RequestForwarder forwarder,
    IOwnPages? own,
    ListenerMetrics metrics,
    ListenerOptions options,
    AccessLog? log,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private readonly LogThrottle _throttle = new(time);
    private readonly LogThrottle _failures = new(time);

    public async Task ProcessRequestAsync(HttpContext context)
    {
        using var active = metrics.TrackRequest();
        var served = state.Current;
        var entry = served.Config.Service.AccessLog ? log?.Begin(context) : null;
        var measure = RequestMeasure.Begin(context, metrics, time);
        try
        {
            await HandleAsync(context, served, entry);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away, or its connection was cut at the end of the drain; what breaks by that is no failure.
            context.Abort();
        }
        catch (Exception e)
        {
            // Never a clean end after a failure: the client must not take what it has for the whole.
            if (_failures.TryPass(out var suppressed))
            {
                Log.Failed(logger, e, served.Config.Service.Name, suppressed);
            }

            context.Abort();
        }
        finally
        {
            var status = StatusOf(context);
            metrics.RequestEnded(status);
            measure?.End(status);
            if (entry is not null)
            {
                log!.Write(entry, context, status, context.Features.GetRequiredFeature<PeerConnection>().Source.Address);
            }
        }
    }

    /// <summary>A request that the server has refused before it became one.</summary>
    /// <returns>What the client is told, head and content.</returns>
    public byte[] Refuse(PeerConnection connection, int status)
    {
        metrics.RequestEnded(status);
        var service = state.Current.Config.Service;
        if (service.AccessLog)
        {
            log?.WriteRefused(status, connection.Source.Address);
        }

        var reason = status switch
        {
            StatusCodes.Status408RequestTimeout => "The request did not come in time.",
            StatusCodes.Status413PayloadTooLarge => "The request is too large.",
            StatusCodes.Status414UriTooLong => "The request line is too long (DOVETAIL_REQUEST_LINE_SIZE).",
            StatusCodes.Status431RequestHeaderFieldsTooLarge =>
                "The request headers are too large (DOVETAIL_REQUEST_HEADERS_SIZE, DOVETAIL_REQUEST_HEADER_COUNT). "
                    + "Often it is cookies: clear those of this site.",
            StatusCodes.Status505HttpVersionNotsupported => "Of this version of HTTP nothing is known here.",
            _ => "The request is not one of HTTP (RFC 9112).",
        };
        return ErrorPage.Message(status, service.Name, reason, time.GetUtcNow());
    }

    /// <summary>Where a refusal over HTTP/2 goes, of which the client is told by the protocol.</summary>
    /// <returns>Is given the status; null: nowhere.</returns>
    public Action<int>? LogOfRefusals(PeerConnection connection) => log is not null && state.Current.Config.Service.AccessLog
        ? status => log.WriteRefused(status, connection.Source.Address)
        : null;

    private async Task HandleAsync(HttpContext context, ServedConfig served, AccessEntry? entry)
    {
        var config = served.Config;
        var connection = context.Features.GetRequiredFeature<PeerConnection>();
        if ((RequestSize.Excess(context, options) ?? RequestRules.Violation(context, config, connection)) is var (status, reason))
        {
            await ErrorPage.WriteAsync(context, status, config.Service.Name, reason);
            return;
        }

        if (!connection.IsHttps && config is { Https: true, Service.Redirect: true })
        {
            if (config.LacksCertificate)
            {
                const string why = "This service is served by HTTPS only, and the tailnet issues no certificates.";
                await ErrorPage.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, config.Service.Name, why);
                return;
            }

            Redirect(context, config);
            return;
        }

        // 1. Who asks.
        var identity = served.NeedsPeer
            ? await peers.GetAsync(connection.Source, context.RequestAborted)
            : PeerIdentity.Unknown;
        entry?.Login = identity.Peer?.User?.Login;

        // 2. May they.
        var decision = served.Policy.Decide(identity);
        if (decision != AccessDecision.Allowed)
        {
            await DenyAsync(context, config.Service.Name, connection, identity, decision);
            return;
        }

        // 3. Nothing of what the client says about itself goes further, but what a proxy in front says of its own clients.
        var sent = served.Believes(identity) ? SentForwarding.Read(context.Request.Headers) : null;
        ForgeableHeaders.Strip(context.Request.Headers, config.Service.PassHeaders);

        // 4. On to the upstream, or to Dovetail's own pages.
        await AnnouncedBody.UseAsync(context);
        if (own is not null)
        {
            await own.AnswerAsync(context, identity, stopping);
            return;
        }

        var transformer = new ForwardingTransformer(connection, config.Service.Identity ? identity : null, config.Service, sent);
        await forwarder.ForwardAsync(context, transformer, config.Service, entry, stopping);
    }

    // By the convention of other proxies, a request whose client went away before the answer has a status too.
    private static int StatusOf(HttpContext context) =>
        context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted
            ? StatusCodes.Status499ClientClosedRequest
            : context.Response.StatusCode;

    private static void Redirect(HttpContext context, ListenerConfig config)
    {
        // To the full name: the certificate does not hold for the short one.
        context.Response.StatusCode = StatusCodes.Status308PermanentRedirect;
        context.Response.Headers.Location = $"https://{config.HostName ?? config.Service.Name}{RawTarget.PathAndQuery(context) ?? "/"}";
    }

    private Task DenyAsync(
        HttpContext context, string service, PeerConnection connection, PeerIdentity identity, AccessDecision decision)
    {
        metrics.RequestDenied();
        if (_throttle.TryPass(out var suppressed))
        {
            Log.Denied(logger, service, identity.Who, connection.Source.Address, decision.InWords(), suppressed);
        }

        var reason = decision == AccessDecision.IdentityUnavailable
            ? "Access is limited, and who you are could not be established. Try again in a moment."
            : "You are not on the list of those who may use this service.";
        return ErrorPage.WriteAsync(context, StatusCodes.Status403Forbidden, service, reason);
    }

    private static partial class Log
    {
        [LoggerMessage(
            4001,
            LogLevel.Error,
            "{Service}: a request failed unexpectedly and was cut off ({Suppressed} more since the last such line)")]
        public static partial void Failed(ILogger logger, Exception exception, string service, int suppressed);

        [LoggerMessage(
            4002,
            LogLevel.Information,
            "{Service}: denied {Who} at {Address}: {Reason} ({Suppressed} more since the last such line)")]
        public static partial void Denied(
            ILogger logger, string service, string who, System.Net.IPAddress address, string reason, int suppressed);
    }
}
