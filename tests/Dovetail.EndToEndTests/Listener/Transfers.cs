using TestBackend;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>Bodies of the pattern through a peer's client, with every byte checked at its end.</summary>
internal static class Transfers
{
    /// <summary>Sends a body; gives what the backend says of it.</summary>
    /// <exception cref="HttpRequestException">It was not taken.</exception>
    public static async Task<string> UploadAsync(HttpClient client, string url, HttpContent body, CancellationToken cancellation)
    {
        using var response = await client.PostAsync(url, body, cancellation);
        var answer = await response.Content.ReadAsStringAsync(cancellation);
        return response.IsSuccessStatusCode ? answer : throw new HttpRequestException($"{(int)response.StatusCode} {answer}");
    }

    /// <summary>Gets a body, in the same words as <see cref="UploadAsync"/>.</summary>
    /// <param name="rate">Bytes per second that are read at most; 0: as fast as they come.</param>
    /// <param name="pauseAfter">When at least so many bytes have been read, <paramref name="pause"/> is waited for.</param>
    /// <exception cref="IOException">It broke off.</exception>
    public static async Task<string> DownloadAsync(
        HttpClient client, string url, CancellationToken cancellation, int rate = 0, long pauseAfter = long.MaxValue,
        Func<Task>? pause = null)
    {
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellation);
        response.EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var pace = new Pace(rate);
        var buffer = new byte[pace.BlockSize];
        var intact = true;
        long position = 0;
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            intact &= Pattern.IsAt(position, buffer.AsSpan(0, read));
            position += read;
            await pace.KeepAsync(position, cancellation);
            if (position >= pauseAfter && pause is { } wait)
            {
                pause = null;
                await wait();
            }
        }

        return $"{position} {(intact ? "intact" : "damaged")}";
    }
}
