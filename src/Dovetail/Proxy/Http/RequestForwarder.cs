using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>Takes one request to an upstream: finds one that accepts, forwards, and tells the client the truth when that fails.</summary>
internal sealed partial class RequestForwarder(
    string service,
    IHttpForwarder forwarder,
    UpstreamGroup upstreams,
    HeldRequestLimit room,
    ListenerCounters counters,
    DescriptorBudget descriptors,
    TimeProvider time,
    ILogger logger)
{
    // One after the other; and in all, where the upstream has gone since: then its end broke the connection, not the request.
    private const int MaxRepeats = 3;
    private const int MaxRepeatsInAll = 10;
    private static readonly TimeSpan RepeatDelay = TimeSpan.FromMilliseconds(50);

    /// <param name="hold">How long to wait for an upstream.</param>
    /// <param name="entry">Is told which upstream answers; null: nobody wants to know.</param>
    /// <param name="stopping">The listener stops: requests that wait are answered.</param>
    public async Task ForwardAsync(HttpContext context, ForwardingTransformer transformer, TimeSpan hold, AccessEntry? entry, CancellationToken stopping)
    {
        if (!descriptors.TryEnterRequest())
        {
            await GiveUpAsync(context, NoUpstreamReason.TooManyRequests);
            return;
        }

        try
        {
            await FindAndForwardAsync(context, transformer, hold, entry, stopping);
        }
        finally
        {
            descriptors.LeaveRequest();
        }
    }

    private async Task FindAndForwardAsync(
        HttpContext context, ForwardingTransformer transformer, TimeSpan hold, AccessEntry? entry, CancellationToken stopping)
    {
        BrokenAnswerReset.Use(context);
        var isRepeatable = RequestRepetition.Prepare(context.Request);
        var mayRepeat = isRepeatable && hold > TimeSpan.Zero;
        var (repeats, repeatsInAll, waits) = (0, 0, 0);
        UpstreamTarget? broken = null;
        var search = new UpstreamSearch(upstreams, room, hold, time, stopping, isOnce: !isRepeatable);
        while (await search.NextAsync(context.RequestAborted) is { } target)
        {
            if (entry is not null)
            {
                entry.Upstream = target.Address.ContainerName;
            }

            ForwarderError error;
            try
            {
                var client = target.ClientFor(context.Request.Host);
                // Ends with the client's request, not with the listener: what is in flight may finish.
                error = await forwarder.SendAsync(
                    context, target.Address.Prefix, client.Invoker, client.RequestConfig, transformer, CancellationToken.None);
            }
            finally
            {
                target.Leave();
            }

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

                if (search.Waits != waits || broken is { IsRetired: true })
                {
                    (repeats, waits) = (0, search.Waits);
                }

                if (mayRepeat && repeats < MaxRepeats && repeatsInAll < MaxRepeatsInAll && RequestRepetition.IsBrokenConnection(error, exception))
                {
                    // As a rule a container that is just ending: the next try finds another one, or waits for this one.
                    repeats++;
                    repeatsInAll++;
                    broken = target;
                    context.Response.Clear();
                    await Task.Delay(RepeatDelay * repeats, time, context.RequestAborted);
                    continue;
                }
            }

            await FailAsync(context, target, error, exception);
            return;
        }

        await GiveUpAsync(context, search.Outcome);
    }

    private async Task GiveUpAsync(HttpContext context, NoUpstreamReason outcome)
    {
        var (status, reason) = Explain(outcome);
        counters.RequestFailed();
        Log.NoUpstream(logger, service, outcome);
        await ErrorPage.WriteAsync(context, status, service, reason);
    }

    private async Task FailAsync(HttpContext context, UpstreamTarget target, ForwarderError error, Exception? exception)
    {
        if (IsClients(error))
        {
            // It went away, or broke its own request; the forwarder has set the status, if anybody is left to see it.
            return;
        }

        Log.Failed(logger, exception, service, target.Address.ContainerName, error);
        counters.RequestFailed();
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
            timedOut ? "The application did not answer in time." : "The application broke off without a valid answer.");
    }

    // After an answer the forwarder says so when all of that has been sent: the upstream did not want the rest of the body.
    private static bool IsOfRequestBody(ForwarderError error) =>
        error is ForwarderError.RequestBodyDestination or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled;

    private static bool IsClients(ForwarderError error) => error is
        ForwarderError.RequestCanceled or ForwarderError.RequestBodyClient or ForwarderError.RequestBodyCanceled
        or ForwarderError.ResponseBodyClient or ForwarderError.ResponseBodyCanceled
        or ForwarderError.UpgradeRequestClient or ForwarderError.UpgradeRequestCanceled
        or ForwarderError.UpgradeResponseClient or ForwarderError.UpgradeResponseCanceled;

    private static (int Status, string Reason) Explain(NoUpstreamReason outcome) => outcome switch
    {
        NoUpstreamReason.NoUpstream => (StatusCodes.Status503ServiceUnavailable, "No container of this service is running."),
        NoUpstreamReason.TooManyHeld => (StatusCodes.Status503ServiceUnavailable, "Too many requests are waiting for this service to start."),
        NoUpstreamReason.TooManyRequests => (StatusCodes.Status503ServiceUnavailable, "Too many requests are under way."),
        NoUpstreamReason.Stopping => (StatusCodes.Status503ServiceUnavailable, "The service is being stopped."),
        NoUpstreamReason.TimedOut => (StatusCodes.Status504GatewayTimeout, "The application cannot be reached: it does not answer."),
        _ => (StatusCodes.Status502BadGateway, "The application does not accept connections."),
    };

    private static partial class Log
    {
        [LoggerMessage(4311, LogLevel.Debug, "{Service}: forwarding to container {Container} failed: {Error}")]
        public static partial void Failed(ILogger logger, Exception? exception, string service, string container, ForwarderError error);

        [LoggerMessage(4312, LogLevel.Debug, "{Service}: no upstream for a request: {Outcome}")]
        public static partial void NoUpstream(ILogger logger, string service, NoUpstreamReason outcome);
    }
}
