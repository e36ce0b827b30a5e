namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// Sends request bodies on as they come. The HTTP client keeps what is written in a buffer until that is full or the body ends, and the
/// forwarder flushes only what looks like gRPC, from a client on HTTP/2 to an upstream on HTTP/2 (Yarp.ReverseProxy 2.3.0,
/// StreamCopyHttpContent): any other client that waits for an answer to the beginning of its body would wait for ever.
/// </summary>
internal sealed class UnbufferedHandler(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is not { Headers.ContentLength: not 0 } content)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        request.Content = new UnbufferedContent(content, answered.Task, time, cancellationToken);
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        finally
        {
            answered.SetResult();
        }
    }
}
