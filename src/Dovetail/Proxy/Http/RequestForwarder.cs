using System.Threading.RateLimiting;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>Takes one request to an upstream: finds one that accepts, forwards, and answers with an error page when that fails.</summary>
internal sealed partial class RequestForwarder(
    string service,
    IHttpForwarder forwarder,
    UpstreamGroup upstreams,
    ConcurrencyLimiter heldRequests,
    DescriptorBudget descriptors,
    ListenerMetrics metrics,
    TimeProvider time,
    Random random,
    ILogger logger)
{
    /// <param name="terms">How long to wait for an upstream.</param>
    /// <param name="entry">Is told which upstream answers; null: access log off.</param>
    /// <param name="stopping">The listener stops: requests that wait are answered.</param>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public async Task ForwardAsync(
        HttpContext context, ForwardingTransformer transformer, ServiceSettings terms, AccessEntry? entry, CancellationToken stopping)
    {
        using var lease = descriptors.Requests.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            await GiveUpAsync(context, NoUpstreamReason.TooManyRequests);
            return;
        }

        using var use = new Use(upstreams.Use);
        BrokenAnswerReset.Use(context);
        transformer.Upgrade = ProtocolUpgrade.Use(context);
        var isRepeatable = RequestRepetition.Prepare(context.Request);
        RequestRepetition? repetition = null;
        var search = new UpstreamSearch(
            upstreams, heldRequests, metrics, terms.Hold, time, stopping, isOnce: !isRepeatable,
            wake: upstreams.Use is null ? default : WaitingPage.TermsOf(context, terms.Wake));
        while (await search.NextAsync(context.RequestAborted) is { } target)
        {
            entry?.Upstream = target.Address.ContainerName;
            var error = await SendAsync(context, target, transformer);
            if (error == ForwarderError.None || (transformer.IsAnswered && IsOfRequestBody(error)))
            {
                return;
            }

            var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
            if (!context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                if (UpstreamConnectException.Find(exception) is not null)
                {
                    // Nothing was sent, and the request's body was not touched.
                    search.Failed(target);
                    context.Response.Clear();
                    continue;
                }

                if (isRepeatable && terms.Hold > TimeSpan.Zero && RequestRepetition.IsBrokenConnection(error, exception)
                    && (repetition ??= new RequestRepetition(random)).After(target, search.Waits) is { } wait)
                {
                    context.Response.Clear();
                    await Task.Delay(wait, time, context.RequestAborted);
                    continue;
                }
            }

            await FailAsync(context, target, error, exception);
            return;
        }

        await GiveUpAsync(context, search.Reason);
    }

    private async Task<ForwarderError> SendAsync(HttpContext context, UpstreamTarget target, ForwardingTransformer transformer)
    {
        try
        {
            transformer.Upstream = target.Address;
            using var own = OwnClient(context, target, transformer);
            var client = own ?? target.ClientFor(context.Request.Host);

            // Ends with the client's request, not with the listener: what is in flight may finish.
            return await forwarder.SendAsync(
                context, target.Address.Prefix, client.Invoker, client.RequestConfig, transformer, CancellationToken.None);
        }
        finally
        {
            target.Leave();
        }
    }

    // For what the clients that requests share cannot do.
    private static UpstreamClient? OwnClient(HttpContext context, UpstreamTarget target, ForwardingTransformer transformer) =>
        transformer.Upgrade is { } upgrade ? target.OneClient(upgrade.Connected)
        : RawTarget.IsAsterisk(context) ? target.OneClient(static stream => new AsteriskStream(stream))
        : null;

    private async Task GiveUpAsync(HttpContext context, NoUpstreamReason reason)
    {
        if (reason == NoUpstreamReason.Waking)
        {
            await WaitingPage.WriteAsync(context, service);
            return;
        }

        var (status, text) = Explain(reason);
        metrics.RequestFailed();
        Log.NoUpstream(logger, service, reason);
        await ErrorPage.WriteAsync(context, status, service, text);
    }

    private async Task FailAsync(HttpContext context, UpstreamTarget target, ForwarderError error, Exception? exception)
    {
        if (IsClients(error) || (error == ForwarderError.ResponseHeaders && context.RequestAborted.IsCancellationRequested))
        {
            // It went away, or broke its own request, and may still read.
            if (IsBroken(exception) && !context.Response.HasStarted)
            {
                ClosingAnswer.To(context);
                await ErrorPage.WriteAsync(
                    context,
                    StatusCodes.Status400BadRequest,
                    service,
                    "The content of the request is not framed as HTTP wants it (RFC 9112, section 7.1).");
            }

            return;
        }

        Log.Failed(logger, exception, service, target.Address.ContainerName, error);
        metrics.RequestFailed();
        if (context.Response.HasStarted)
        {
            // The forwarder has reset the stream or the connection, so that a part does not look like the whole.
            return;
        }

        var timedOut = context.Response.StatusCode == StatusCodes.Status504GatewayTimeout;
        await ErrorPage.WriteAsync(
            context,
            timedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway,
            service,
            timedOut ? "The application did not answer in time."
                : IsMalformed(error, exception) ? "The application sent an answer that is not HTTP."
                : "The application broke off without an answer.");
    }

    private static bool IsBroken(Exception? exception) =>
        exception is BadHttpRequestException || (exception?.InnerException is { } inner && IsBroken(inner));

    private static bool IsMalformed(ForwarderError error, Exception? exception) =>
        error == ForwarderError.ResponseHeaders || exception is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse };

    // After an answer the forwarder says so when all of that has been sent: the upstream did not want the rest of the body.
    private static bool IsOfRequestBody(ForwarderError error) =>
        error is ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled;

    private static bool IsClients(ForwarderError error) => error is
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
        or ForwarderError.ResponseBodyClient or ForwarderError.ResponseBodyCanceled
        or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeRequestCanceled
        or ForwarderError.UpgradeResponseClient or ForwarderError.UpgradeResponseCanceled;

    private static (int Status, string Text) Explain(NoUpstreamReason reason) => reason switch
    {
        NoUpstreamReason.NoUpstream => (StatusCodes.Status503ServiceUnavailable, "No container of this service is running."),
        NoUpstreamReason.NoRoute => (StatusCodes.Status503ServiceUnavailable, "No network leads to this service's container."),
        NoUpstreamReason.Paused => (StatusCodes.Status503ServiceUnavailable, "This service's container is paused."),
        NoUpstreamReason.Restarting => (StatusCodes.Status503ServiceUnavailable, "The application ends again and again."),
        NoUpstreamReason.NotStarted =>
            (StatusCodes.Status503ServiceUnavailable, "The application was asleep, and could not be started. Its operator can see why."),
        NoUpstreamReason.Ended => (StatusCodes.Status503ServiceUnavailable, "The application has ended."),
        NoUpstreamReason.TooManyHeld =>
            (StatusCodes.Status503ServiceUnavailable, "Too many requests are waiting for this service to start."),
        NoUpstreamReason.TooManyRequests => (StatusCodes.Status503ServiceUnavailable, "Too many requests are under way."),
        NoUpstreamReason.Stopping => (StatusCodes.Status503ServiceUnavailable, "The service is being stopped."),
        NoUpstreamReason.TimedOut => (StatusCodes.Status504GatewayTimeout, "The application cannot be reached: it does not answer."),
        NoUpstreamReason.Unreachable =>
            (StatusCodes.Status502BadGateway, "The application cannot be reached: no network leads to it."),
        _ => (StatusCodes.Status502BadGateway, "The application does not accept connections."),
    };

    private static partial class Log
    {
        [LoggerMessage(4311, LogLevel.Debug, "{Service}: forwarding to upstream {Container} failed: {Error}")]
        public static partial void Failed(ILogger logger, Exception? exception, string service, string container, ForwarderError error);

        [LoggerMessage(4312, LogLevel.Debug, "{Service}: no upstream for a request: {Reason}")]
        public static partial void NoUpstream(ILogger logger, string service, NoUpstreamReason reason);
    }
}
