using Dovetail.Common;
using Dovetail.Proxy.Upstreams;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>
/// Sends a request again after the upstream broke the connection without an answer, a few times. Only those that are safe and have no
/// content (RFC 9110 section 9.2.2 leaves a proxy idempotent ones, and forbids the rest).
/// </summary>
/// <param name="random">For the jitter of the waits.</param>
internal sealed class RequestRepetition(Random random)
{
    // To upstreams that stay; and in all: where the upstream has gone since, its end broke the connection, not the request.
    private const int MaxRepeats = 3;
    private const int MaxRepeatsInAll = 10;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);

    private int _repeats;
    private int _repeatsInAll;
    private int _waits;
    private UpstreamTarget? _broken;

    /// <summary>A connection broke. As a rule a container is just ending: the next try finds another one, or waits for this one.</summary>
    /// <param name="waits">How many times the request has waited for an upstream.</param>
    /// <returns>How long to wait before the request is sent again; null: not again.</returns>
    public TimeSpan? After(UpstreamTarget broken, int waits)
    {
        if (waits != _waits || _broken is { IsRetired: true })
        {
            (_repeats, _waits) = (0, waits);
        }

        if (_repeats == MaxRepeats || _repeatsInAll == MaxRepeatsInAll)
        {
            return null;
        }

        _repeats++;
        _repeatsInAll++;
        _broken = broken;
        return Backoff.Wait(_repeats, FirstWait, LongestWait, random.NextDouble());
    }

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
        if (error != ForwarderError.Request
            || exception is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
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
