using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Http;

namespace FakeTailscale.LocalApi;

/// <summary>A request to the LocalAPI that has passed the checks of its head.</summary>
internal sealed class LocalApiCall(HttpExchange exchange, PeerCredential peer, bool mayWrite)
{
    private const string ContentSecurityPolicy =
        "default-src 'none'; frame-ancestors 'none'; script-src 'none'; script-src-elem 'none'; script-src-attr 'none'";

    public HttpExchange Exchange => exchange;

    public HttpRequest Request => exchange.Request;

    public PeerCredential Peer => peer;

    /// <summary>True for root, the daemon's own user and the operator.</summary>
    public bool MayWrite => mayWrite;

    /// <summary>The fields of every answer, in Go's order: sorted by name.</summary>
    public static HttpHeaders Headers(string? contentType, string? etag = null)
    {
        HttpHeaders headers = new();
        headers.Add("Content-Security-Policy", ContentSecurityPolicy);
        if (contentType is not null)
        {
            headers.Add("Content-Type", contentType);
        }

        if (etag is not null)
        {
            headers.Add("Etag", etag);
        }

        headers.Add("Tailscale-Cap", StandInVersion.Capability.ToString(System.Globalization.CultureInfo.InvariantCulture));
        headers.Add("Tailscale-Version", StandInVersion.Long);
        headers.Add("X-Content-Type-Options", "nosniff");
        headers.Add("X-Frame-Options", "DENY");
        return headers;
    }

    public Task SendJsonAsync(byte[] body, string? etag = null) => exchange.SendAsync(200, Headers("application/json", etag), body);

    public Task SendErrorAsync(int status, string text) =>
        exchange.SendAsync(status, Headers("text/plain; charset=utf-8"), Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary>An error of serve-config, which answers in JSON.</summary>
    public Task SendJsonErrorAsync(string error) => exchange.SendAsync(
        500,
        Headers("application/json"),
        [.. Json.Line(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("error", error);
            writer.WriteEndObject();
        }), (byte)'\n']);

    public Task SendNothingAsync(int status) => exchange.SendAsync(status, Headers(null), []);

    /// <summary>Writes the line of the log that every write has.</summary>
    public void Log() => DaemonLog.Line($"localapi: [{Request.Method}] {Request.Path}");
}
