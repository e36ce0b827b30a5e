using System.Net;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Proxy.Upstreams;

namespace Dovetail.Proxy.Http;

/// <summary>
/// What a person sees in a browser while the application is being started: it loads itself again, and each time waits a moment for the
/// application instead.
/// </summary>
internal static class WaitingPage
{
    // A person takes what lasts longer for a page that does not come.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Seconds.
    private const string Reload = "1";

    private const string Style =
        """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
        body { margin: 20vh auto 0; max-width: 34rem; padding: 0 1.5rem }
        h1 { font-size: 1.5rem; margin: 0 }
        hr { animation: wait 2s ease-in-out infinite; background: currentColor; border: 0; height: .2rem; margin: 1.5rem 0; width: 4rem }
        @keyframes wait { 50% { margin-left: calc(100% - 4rem) } }
        @media (prefers-reduced-motion: reduce) { hr { animation: none } }

        """;

    // No script, no form, nothing from elsewhere: whatever comes to stand in the page, it does nothing.
    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; "
        + "base-uri 'none'; form-action 'none'";

    /// <summary>How long a request waits for containers that are asleep.</summary>
    /// <param name="limit">For one that gets no page.</param>
    public static WakeTerms TermsOf(HttpContext context, TimeSpan limit) => new(limit, IsNavigation(context.Request) ? Patience : null);

    public static Task WriteAsync(HttpContext context, string service)
    {
        var response = context.Response;
        response.Clear();
        response.Headers.RetryAfter = response.Headers["Refresh"] = Reload;
        response.Headers.ContentSecurityPolicy = Policy;
        // No success: whoever is no browser must not take the page for the application's.
        return ErrorPage.SendAsync(
            context, StatusCodes.Status503ServiceUnavailable, "text/html", Html(WebUtility.HtmlEncode(service)));
    }

    // Browsers say so since 2023 (Fetch Metadata), over plain HTTP not at all. What a page's script asks for is none.
    private static bool IsNavigation(HttpRequest request)
    {
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            return false;
        }

        var mode = request.Headers["Sec-Fetch-Mode"].ToString();
        return mode.Length > 0
            ? mode.Equals("navigate", StringComparison.OrdinalIgnoreCase)
            : request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
                && request.Headers.Upgrade.Count == 0;
    }

    private static string Html(string service) =>
        $"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{service} is being started</title>
        <style>{Style}</style>
        </head>
        <body>
        <h1>{service}</h1>
        <p role="status">was asleep and is being started. This page loads again by itself.</p>
        <hr>
        </body>
        </html>

        """;
}
