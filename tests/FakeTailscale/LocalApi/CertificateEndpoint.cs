using System.Globalization;
using System.Text;
using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Http;

namespace FakeTailscale.LocalApi;

/// <summary>
/// <c>cert/NAME</c>: waits for as long as the order takes, and cancels it when the client goes away.
/// </summary>
internal static class CertificateEndpoint
{
    public static async Task HandleAsync(LocalApiCall call, CertificateStore certificates, string name)
    {
        if (!call.MayWrite)
        {
            await call.SendErrorAsync(403, "cert access denied");
            return;
        }

        TimeSpan minimum = TimeSpan.Zero;
        if (call.Request.Query("min_validity") is { Length: > 0 } text && !GoDuration.TryParse(text, out minimum))
        {
            await call.SendErrorAsync(400, "invalid validity parameter");
            return;
        }

        CertificatePair pair;
        try
        {
            pair = await certificates.GetAsync(name, minimum, call.Exchange.WatchForDisconnect());
        }
        catch (RateLimitedException limit)
        {
            HttpHeaders headers = LocalApiCall.Headers("text/plain; charset=utf-8");
            headers.Add("Retry-After", ((int)limit.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture));
            await call.Exchange.SendAsync(429, headers, Encoding.UTF8.GetBytes(limit.Message + "\n"));
            return;
        }
        catch (ControlException failure)
        {
            await call.SendErrorAsync(500, failure.Message);
            return;
        }

        byte[]? body = call.Request.Query("type") switch
        {
            null or "" or "cert" or "crt" => pair.Certificate,
            "key" => pair.Key,
            "pair" => [.. pair.Key, .. pair.Certificate],
            _ => null,
        };
        if (body is null)
        {
            await call.SendErrorAsync(400, "invalid type; want \"cert\" (default), \"key\", or \"pair\"");
            return;
        }

        await call.Exchange.SendAsync(200, LocalApiCall.Headers("text/plain"), body);
    }
}
