namespace Dovetail.Proxy.Forwarding;

/// <summary>
/// Sends request bodies on as they come. The HTTP client keeps what is written in a buffer until that is full or the body ends, and the
/// forwarder flushes only for the content type <c>application/grpc</c> (Yarp.ReverseProxy 2.1, HttpForwarder.SendAsync): an
/// <c>application/grpc+proto</c> call would wait for an answer to a message that was never sent.
/// </summary>
internal sealed class UnbufferedHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { Headers.ContentLength: not 0 } content)
        {
            request.Content = new UnbufferedContent(content);
        }

        return base.SendAsync(request, cancellationToken);
    }
}
