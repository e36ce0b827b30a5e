using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// Compares a request's line and headers with the limits. Kestrel does so too, but answers without a body over HTTP/1.1 and resets the
/// stream or the connection over HTTP/2; so it gets twice the limits, and up to there the client is told what is wrong.
/// </summary>
internal static class RequestSize
{
    // RFC 9112: "METHOD TARGET HTTP/1.1" CRLF, and "NAME: VALUE" CRLF. HTTP/2 is measured as if it were written so.
    private const int LineOverhead = 12;
    private const int FieldOverhead = 4;

    /// <returns>Status and reason of the refusal; null when all is within the limits.</returns>
    public static (int Status, string Reason)? Excess(HttpContext context, ListenerOptions options)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var line = context.Request.Method.Length + target.Length + LineOverhead;
        if (line > options.RequestLineSize)
        {
            return (
                StatusCodes.Status414UriTooLong,
                $"The request line has more than the {options.RequestLineSize} bytes that are allowed (DOVETAIL_REQUEST_LINE_SIZE).");
        }

        var size = 0;
        var count = 0;
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                size += name.Length + (value?.Length ?? 0) + FieldOverhead;
                count++;
            }
        }

        if (size > options.RequestHeadersSize)
        {
            return (
                StatusCodes.Status431RequestHeaderFieldsTooLarge,
                $"The request headers have {size} bytes; at most {options.RequestHeadersSize} are allowed (DOVETAIL_REQUEST_HEADERS_SIZE). "
                    + "Often it is cookies: clear those of this site.");
        }

        return count > options.RequestHeaderCount
            ? (
                StatusCodes.Status431RequestHeaderFieldsTooLarge,
                $"The request has {count} headers; at most {options.RequestHeaderCount} are allowed (DOVETAIL_REQUEST_HEADER_COUNT).")
            : null;
    }
}
