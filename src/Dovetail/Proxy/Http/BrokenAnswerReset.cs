using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// Resets the stream of an answer that broke off with INTERNAL_ERROR (RFC 9113, section 7). The forwarder says CANCEL (YARP 2 has the two
/// codes swapped), which a gRPC client takes for its own wish to cancel.
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
