using Dovetail.Common;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// What a request must be to be passed on (RFC 9110, 9112, 9113), where Kestrel is more lenient than what comes after it: anything that
/// could be read in two ways, or that cannot be passed on as it is, is answered here.
/// </summary>
internal static class RequestRules
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    // Kestrel looks for Connection alone.
    private static readonly string[] OfTheConnection = ["Transfer-Encoding", "Upgrade", "Keep-Alive", "Proxy-Connection"];

    /// <summary>Gives a request that may be without a host the node's name.</summary>
    /// <returns>Status and reason of the refusal; null when the request is good.</returns>
    public static (int Status, string Reason)? Violation(HttpContext context, ListenerConfig config, PeerConnection connection) =>
        OfCoding(context) ?? OfMethod(context) ?? OfTarget(context) ?? OfNames(context) ?? OfHost(context, config, connection);

    private static (int Status, string Reason)? OfMethod(HttpContext context)
    {
        var method = context.Request.Method;
        if (HttpMethods.IsConnect(method))
        {
            return context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect
                && string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase)
                    ? null
                    : (StatusCodes.Status501NotImplemented, "This is no proxy: of CONNECT only WebSockets over HTTP/2 are served.");
        }

        // The forwarder would make upper case of it, and so another method.
        foreach (var standard in Methods)
        {
            if (method != standard && method.Equals(standard, StringComparison.OrdinalIgnoreCase))
            {
                return (StatusCodes.Status501NotImplemented, $"Methods are case-sensitive: there is {standard}.");
            }
        }

        return null;
    }

    // That of a CONNECT too, which has a path when it is served.
    private static (int Status, string Reason)? OfTarget(HttpContext context) =>
        RawTarget.IsAsterisk(context) || RawTarget.PathAndQuery(context) is not null
            ? null
            : (
                StatusCodes.Status400BadRequest,
                "The address of the request is not one: it has a space, '#' or a control character, or no path.");

    // The HTTP client would leave such a field out without a word.
    private static (int Status, string Reason)? OfNames(HttpContext context)
    {
        foreach (var (name, _) in context.Request.Headers)
        {
            if (name.AsSpan().ContainsAnyExcept(HttpToken.Characters))
            {
                return (
                    StatusCodes.Status400BadRequest,
                    "The name of a header has a character that does not belong in one (RFC 9110, section 5.1).");
            }
        }

        return null;
    }

    private static (int Status, string Reason)? OfCoding(HttpContext context)
    {
        var codings = context.Request.Headers.TransferEncoding;
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            return OfTheConnection.Any(context.Request.Headers.ContainsKey)
                ? (StatusCodes.Status400BadRequest, "The request has headers of a connection of HTTP/1 (RFC 9113, section 8.2.2).")
                : null;
        }

        if (codings.Count > 0)
        {
            // Where Kestrel puts a Content-Length that does not count beside Transfer-Encoding.
            context.Request.Headers.Remove("X-Content-Length");
            if (HttpProtocol.IsHttp10(context.Request.Protocol))
            {
                // There it has no meaning that all share (RFC 9112, section 6.1).
                ClosingAnswer.To(context);
            }
        }

        var all = codings.ToString().Split(',');
        if (codings.Count == 0 || (codings.Count == 1 && all.Length == 1 && IsChunked(all[0])))
        {
            return null;
        }

        // Where its content ends is for each reader to guess (RFC 9112, section 6.3).
        ClosingAnswer.To(context);
        return all.Count(IsChunked) > 1
            ? (StatusCodes.Status400BadRequest, "The request is chunked more than once (RFC 9112, section 7.1).")
            : (StatusCodes.Status501NotImplemented, "Of transfer codings only 'chunked' is understood.");
    }

    private static bool IsChunked(string coding) => coding.Trim(' ', '\t').Equals("chunked", StringComparison.OrdinalIgnoreCase);

    private static (int Status, string Reason)? OfHost(HttpContext context, ListenerConfig config, PeerConnection connection)
    {
        var request = context.Request;
        var value = request.Headers.Host.ToString();
        if (value.Length == 0)
        {
            if (HttpProtocol.IsHttp11(request.Protocol))
            {
                return (StatusCodes.Status400BadRequest, "The request names no host (RFC 9112, section 3.2).");
            }

            // HTTP/1.0, or HTTP/2 without :authority. An absolute target names it all the same (RFC 9112, section 3.2.2).
            value = RawTarget.Authority(context) ?? "";
            request.Headers.Host = value.Length == 0 ? config.HostName ?? config.Service.Name : value;
            if (value.Length == 0)
            {
                return null;
            }
        }

        if (!HostNames.TryParse(value, out var host))
        {
            return (StatusCodes.Status400BadRequest, "The host of the request is none (RFC 9112, section 3.2).");
        }

        if (!HostNames.IsOwn(host, config, connection.Destination))
        {
            return (
                StatusCodes.Status421MisdirectedRequest,
                $"This service is reached as {config.HostName ?? config.Service.Name}, not by another name.");
        }

        if (value.EndsWith(':'))
        {
            // An empty port is the scheme's; the HTTP client would take it for a mistake.
            request.Headers.Host = value[..^1];
        }

        return null;
    }
}
