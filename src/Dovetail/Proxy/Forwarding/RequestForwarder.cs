using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Forwarding;

/// <summary>Takes one request to an upstream: finds one that accepts, forwards, and tells the client the truth when that fails.</summary>
internal sealed partial class RequestForwarder(
    string service,
    IHttpForwarder forwarder,
    UpstreamGroup upstreams,
    HoldRoom room,
    ListenerCounters counters,
    TimeProvider time,
    ILogger logger)
{
    /// <param name="hold">How long to wait for an upstream.</param>
    /// <param name="stopping">The listener stops: requests that wait are answered.</param>
    public async Task ForwardAsync(HttpContext context, HttpTransformer transformer, TimeSpan hold, CancellationToken stopping)
    {
        KeepFromBeingRepeated(context.Request);
        var search = new UpstreamSearch(upstreams, room, hold, time, stopping);
        while (await search.NextAsync(context.RequestAborted).ConfigureAwait(false) is { } target)
        {
            ForwarderError error;
            try
            {
                // Ends with the client's request, not with the listener: what is in flight may finish.
                error = await forwarder.SendAsync(
                    context, target.Address.Prefix, target.Invoker, target.RequestConfig, transformer, CancellationToken.None).ConfigureAwait(false);
            }
            finally
            {
                target.Leave();
            }

            if (error == ForwarderError.None)
            {
                return;
            }

            var exception = context.Features.Get<IForwarderErrorFeature>()?.Exception;
            if (UpstreamConnectException.Find(exception) is not null
                && !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested)
            {
                // Nothing was sent, and the request's body was not touched.
                search.Failed(target);
                context.Response.Clear();
                continue;
            }

            await FailAsync(context, target, error, exception).ConfigureAwait(false);
            return;
        }

        var (status, reason) = Explain(search.Outcome);
        counters.RequestFailed();
        Log.NoUpstream(logger, service, search.Outcome);
        await ErrorPage.WriteAsync(context, status, service, reason).ConfigureAwait(false);
    }

    // The HTTP client repeats a request without content when a pooled connection breaks under it. That is right for GET,
    // and forbidden for POST and PATCH (RFC 9110 section 9.2.2); an explicit empty content keeps it from that.
    private static void KeepFromBeingRepeated(HttpRequest request)
    {
        if (!IsIdempotent(request.Method)
            && request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            request.Headers.ContentLength = 0;
        }
    }

    private static bool IsIdempotent(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || HttpMethods.IsTrace(method)
        || HttpMethods.IsPut(method) || HttpMethods.IsDelete(method) || HttpMethods.IsConnect(method);

    private async Task FailAsync(HttpContext context, UpstreamTarget target, ForwarderError error, Exception? exception)
    {
        if (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        Log.Failed(logger, exception, service, target.Address.ContainerName, error);
        if (context.Response.HasStarted)
        {
            // The forwarder has reset the stream or the connection, so that a part does not look like the whole.
            counters.RequestFailed();
            return;
        }

        if (error is ForwarderError.RequestBodyClient)
        {
            // The client's own mistake; the forwarder has set the status.
            return;
        }

        counters.RequestFailed();
        var timedOut = context.Response.StatusCode == StatusCodes.Status504GatewayTimeout;
        await ErrorPage.WriteAsync(
            context,
            timedOut ? StatusCodes.Status504GatewayTimeout : StatusCodes.Status502BadGateway,
            service,
            timedOut ? "The application did not answer in time." : "The application broke off without a valid answer.").ConfigureAwait(false);
    }

    private static (int Status, string Reason) Explain(SearchOutcome outcome) => outcome switch
    {
        SearchOutcome.NoUpstream => (StatusCodes.Status503ServiceUnavailable, "No container of this service is running."),
        SearchOutcome.TooManyHeld => (StatusCodes.Status503ServiceUnavailable, "Too many requests are waiting for this service to start."),
        SearchOutcome.Stopping => (StatusCodes.Status503ServiceUnavailable, "The service is being stopped."),
        SearchOutcome.TimedOut => (StatusCodes.Status504GatewayTimeout, "The application cannot be reached: it does not answer."),
        _ => (StatusCodes.Status502BadGateway, "The application does not accept connections."),
    };

    private static partial class Log
    {
        [LoggerMessage(4311, LogLevel.Debug, "{Service}: forwarding to container {Container} failed: {Error}")]
        public static partial void Failed(ILogger logger, Exception? exception, string service, string container, ForwarderError error);

        [LoggerMessage(4312, LogLevel.Debug, "{Service}: no upstream for a request: {Outcome}")]
        public static partial void NoUpstream(ILogger logger, string service, SearchOutcome outcome);
    }
}
