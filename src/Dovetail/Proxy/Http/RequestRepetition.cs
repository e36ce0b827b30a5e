using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>
/// Which requests may be sent a second time after the upstream broke the connection without an answer: those that are
/// safe and have no content (RFC 9110 section 9.2.2 leaves a proxy idempotent ones, and forbids the rest).
/// </summary>
internal static class RequestRepetition
{
    /// <summary>Also keeps the HTTP client, which repeats what has no content, from repeating what must not be.</summary>
    /// <returns>Whether the request may be repeated.</returns>
    public static bool Prepare(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            return false;
        }

        var method = request.Method;
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
        {
            return true;
        }

        if (!HttpMethods.IsConnect(method) && !HttpMethods.IsTrace(method))
        {
            // The client does not repeat what has content, even empty content. POST says this length anyway.
            request.Headers.ContentLength ??= 0;
        }

        return false;
    }

    /// <summary>Whether the connection broke before an answer, rather than the answer being wrong or TLS failing.</summary>
    public static bool IsBrokenConnection(ForwarderError error, Exception? exception)
    {
        if (error != ForwarderError.Request || exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
        {
            return false;
        }

        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } || e is System.Net.Sockets.SocketException)
            {
                return true;
            }
        }

        return false;
    }
}
