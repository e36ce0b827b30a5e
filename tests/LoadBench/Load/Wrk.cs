using System.Globalization;

namespace LoadBench.Load;

/// <summary>wrk: as many requests over HTTP/1.1 as keep-alive connections carry, each sent when the last is answered.</summary>
internal static class Wrk
{
    private const int TimeLimit = 60;

    /// <exception cref="InvalidOperationException">It failed, or a request did.</exception>
    public static async Task<LoadResults> RunAsync(Client client, Page page, int connections, int seconds)
    {
        var threads = Math.Min(connections, Environment.ProcessorCount);
        var result = await client.RunAsync(
            "wrk",
            [
                "--latency", string.Create(CultureInfo.InvariantCulture, $"-t{threads}"),
                string.Create(CultureInfo.InvariantCulture, $"-c{connections}"),
                string.Create(CultureInfo.InvariantCulture, $"-d{seconds}s"), "--timeout", "20s",
                "-H", $"Host: {page.Host}", $"https://{page.Place}{page.Path}",
            ],
            TimeSpan.FromSeconds(seconds + TimeLimit));
        if (result.Stdout.Contains("Socket errors", StringComparison.Ordinal)
            || result.Stdout.Contains("Non-2xx", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"requests failed: {result}");
        }

        var requests = Tools.Line(result, " requests in ");
        return new LoadResults(
            Tools.Number(requests[0]), Tools.Time(requests[3]), Tools.Time(Tools.Line(result, " 50%")[1]),
            Tools.Time(Tools.Line(result, " 99%")[1]));
    }
}

/// <summary>What a load came to.</summary>
/// <param name="Requests">Answered with 2xx or 3xx.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="MedianLatency">In seconds; NaN where the tool does not say.</param>
/// <param name="HighLatency">99th percentile, in seconds; NaN where the tool does not say.</param>
internal sealed record LoadResults(double Requests, double Seconds, double MedianLatency, double HighLatency)
{
    public double Rate => Requests / Seconds;
}
