using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>Measures one request's duration and bytes. There is none while nothing collects, so that requests pay nothing for it.</summary>
/// <param name="started">A timestamp of the listener's clock.</param>
internal sealed class RequestMeasure(
    ListenerMetrics metrics, TimeProvider time, long started, CountingRequestBody received, CountingBody sent)
{
    /// <returns>Null: nothing collects.</returns>
    public static RequestMeasure? Begin(HttpContext context, ListenerMetrics metrics, TimeProvider time)
    {
        if (!metrics.MeasuresRequests)
        {
            return null;
        }

        var received = new CountingRequestBody(context.Request.Body);
        context.Request.Body = received;
        var sent = new CountingBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
        context.Features.Set<IHttpResponseBodyFeature>(sent);
        return new RequestMeasure(metrics, time, time.GetTimestamp(), received, sent);
    }

    /// <param name="status">Of the response; 499 when the client went away before it.</param>
    public void End(int status) => metrics.RequestMeasured(status, time.GetElapsedTime(started), received.Bytes, sent.Bytes);
}
