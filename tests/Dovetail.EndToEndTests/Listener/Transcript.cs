using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>All that a client sees of one exchange, as text that can be compared.</summary>
internal static class Transcript
{
    // What depends on the hop alone. A date is made up by whoever sends the answer, unless it has one.
    private static readonly string[] OfTheHop = ["connection", "transfer-encoding", "keep-alive", "date"];

    /// <summary>Sends a request and writes down its answer to the end.</summary>
    /// <param name="reason">Whether the reason phrase counts: HTTP/2 has none.</param>
    /// <param name="begun">Called once the beginning of the body is there.</param>
    public static async Task<string> OfAsync(
        HttpClient client, HttpRequestMessage request, bool reason, Action? begun, CancellationToken cancellation)
    {
        request.Version = client.DefaultRequestVersion;
        request.VersionPolicy = client.DefaultVersionPolicy;
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        var text = new StringBuilder().Append((int)response.StatusCode).Append(' ').AppendLine(reason ? response.ReasonPhrase : "");
        var keepsDate = response.Headers.Date is { Year: 2030 };
        Append(text, response.Headers, keepsDate);
        Append(text, response.Content.Headers, keepsDate);
        text.AppendLine();
        using var body = new MemoryStream();
        var end = "ended";
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            var buffer = new byte[16 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, cancellation)) > 0; begun?.Invoke())
            {
                body.Write(buffer, 0, read);
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            end = "broken off";
        }

        text.Append(body.Length < 4096 ? Encoding.Latin1.GetString(body.ToArray()) : Convert.ToHexString(SHA256.HashData(body.ToArray())));
        text.AppendLine().AppendLine($"{end} after {body.Length}");
        Append(text, response.TrailingHeaders, keepsDate: true);
        return text.ToString();
    }

    private static void Append(StringBuilder text, HttpHeaders headers, bool keepsDate)
    {
        foreach (var (name, values) in headers.NonValidated.OrderBy(header => header.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (!OfTheHop.Contains(name, StringComparer.OrdinalIgnoreCase) || (keepsDate && name == "Date"))
            {
                text.AppendLine($"{name.ToUpperInvariant()}: {string.Join(" | ", values)}");
            }
        }
    }
}
