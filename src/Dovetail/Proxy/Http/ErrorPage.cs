using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Dovetail.Proxy.Http;

/// <summary>The proxy's own answers: which service, what is wrong, and nothing internal.</summary>
internal static class ErrorPage
{
    private const int RetryAfterSeconds = 5;

    public static async Task WriteAsync(HttpContext context, int status, string service, string reason)
    {
        context.Response.Clear();
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var title = $"{status} {ReasonPhrases.GetReasonPhrase(status)}";
        var isHtml = context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
        var text = isHtml ? Html(title, service, reason) : Text(title, service, reason);
        await SendAsync(context, status, isHtml ? "text/html" : "text/plain", text);
    }

    /// <summary>Sends a page of the proxy's own, which no cache keeps, with the headers that are set already.</summary>
    public static async Task SendAsync(HttpContext context, int status, string mediaType, string text)
    {
        var response = context.Response;
        var bytes = Encoding.UTF8.GetBytes(text);
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentType = $"{mediaType}; charset=utf-8";
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(bytes, context.RequestAborted);
        }
    }

    /// <summary>The same as a whole message of HTTP/1.1, after which the connection is closed.</summary>
    public static byte[] Message(int status, string service, string reason, DateTimeOffset now)
    {
        var title = $"{status} {ReasonPhrases.GetReasonPhrase(status)}";
        var text = Encoding.UTF8.GetBytes(Text(title, service, reason));
        var head = $"""
            HTTP/1.1 {title}
            Content-Type: text/plain; charset=utf-8
            Content-Length: {text.Length}
            Cache-Control: no-store
            X-Content-Type-Options: nosniff
            Connection: close
            Date: {now:R}


            """.ReplaceLineEndings("\r\n");
        return [.. Encoding.ASCII.GetBytes(head), .. text];
    }

    private static string Text(string title, string service, string reason) => $"{title}\n{service}: {reason}\n";

    private static string Html(string title, string service, string reason) =>
        $$"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{{WebUtility.HtmlEncode(service)}}: {{WebUtility.HtmlEncode(title)}}</title>
        <style>
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
        body { margin: 20vh auto 0; max-width: 34rem; padding: 0 1.5rem }
        h1 { font-size: 1.5rem; margin: 0 }
        small { opacity: .6 }
        </style>
        </head>
        <body>
        <h1>{{WebUtility.HtmlEncode(service)}}</h1>
        <p>{{WebUtility.HtmlEncode(reason)}}</p>
        <small>{{WebUtility.HtmlEncode(title)}}</small>
        </body>
        </html>

        """;
}
