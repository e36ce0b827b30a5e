using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// Resets the stream of an answer that broke off with INTERNAL_ERROR (2; RFC 9113, section 7). The forwarder resets it with CANCEL (8):
/// Yarp.ReverseProxy 2.3.0 has the two numbers swapped (HttpForwarder.ResetOrAbort). A gRPC client takes CANCEL for its own cancellation.
/// </summary>
internal sealed class BrokenAnswerReset(IHttpResetFeature stream) : IHttpResetFeature
{
    private const int InternalError = 2;

    public static void Use(HttpContext context)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream)
        {
            context.Features.Set<IHttpResetFeature>(new BrokenAnswerReset(stream));
        }
    }

    public void Reset(int errorCode) => stream.Reset(InternalError);
}
