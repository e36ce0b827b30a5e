using System.Globalization;

namespace LoadBench.Load;

/// <summary>h2load: HTTP/2 with many streams, loads at a steady rate, and single transfers over both versions.</summary>
internal static class H2Load
{
    private const int TimeLimit = 60;

    // 2^30 - 1 bytes: the client's own windows hold nothing up.
    private static readonly string[] OpenWindows = ["-w30", "-W30"];

    /// <summary>As many requests as one connection carries, so many at a time.</summary>
    public static async Task<LoadResults> RunAsync(Client client, Page page, int streams, int seconds)
    {
        var result = await client.RunAsync(
            "h2load",
            [
                "-t1", "-c1", string.Create(CultureInfo.InvariantCulture, $"-m{streams}"),
                string.Create(CultureInfo.InvariantCulture, $"-D{seconds}"), .. OpenWindows, .. Address(page),
            ],
            TimeSpan.FromSeconds(seconds + TimeLimit));
        return Read(result);
    }

    /// <summary>So many requests over HTTP/1.1 or HTTP/2, each connection its share.</summary>
    /// <param name="body">File to send with each; null: none.</param>
    public static async Task<LoadResults> CountAsync(
        Client client, Page page, long requests, int connections, int streams, bool version2, string? body, TimeSpan deadline)
    {
        var result = await client.RunAsync(
            "h2load",
            [
                "-t1", string.Create(CultureInfo.InvariantCulture, $"-n{requests}"),
                string.Create(CultureInfo.InvariantCulture, $"-c{connections}"), string.Create(CultureInfo.InvariantCulture, $"-m{streams}"),
                .. version2 ? OpenWindows : ["--h1"], .. body is null ? (string[])[] : ["-d", body], .. Address(page),
            ],
            deadline);
        var results = Read(result);
        return results.Requests == requests
            ? results : throw new InvalidOperationException($"only {results.Requests} of {requests} requests: {result}");
    }

    /// <summary>Requests over HTTP/1.1 when they are due, whether or not the answers come as fast; with the latency of each.</summary>
    /// <param name="rate">Requests per second over all connections.</param>
    /// <param name="log">A file that takes what h2load notes of each request.</param>
    public static async Task<LoadResults> SteadyAsync(Client client, Page page, int connections, double rate, int seconds, string log)
    {
        // Each connection is given a whole number of requests a second, and h2load ends the run when all are answered.
        var each = Math.Max(1, (int)Math.Round(rate / connections));
        File.Delete(log);
        var result = await client.RunAsync(
            "h2load",
            [
                "-t1", "--h1", "-m1", string.Create(CultureInfo.InvariantCulture, $"-c{connections}"),
                string.Create(CultureInfo.InvariantCulture, $"-n{(long)each * connections * seconds}"),
                string.Create(CultureInfo.InvariantCulture, $"--rps={each}"), $"--log-file={log}", .. Address(page),
            ],
            TimeSpan.FromSeconds((seconds * 4) + TimeLimit));
        // A line is: start (µs since 1970), status, time to the last byte (µs).
        var times = File.ReadLines(log).Select(line => Tools.Number(line.Split('\t')[2]) * 1e-6).Order().ToList();
        return Read(result) with
        {
            MedianLatency = times[times.Count / 2],
            HighLatency = times[(int)(times.Count * 0.99)],
        };
    }

    private static string[] Address(Page page) => [$"--connect-to={page.Place}", page.Url];

    private static LoadResults Read(CommandResult result)
    {
        var finished = Tools.Line(result, "finished in");
        var requests = Tools.Line(result, "requests:");
        var codes = Tools.Line(result, "status codes:");
        var good = Tools.Number(codes[2]) + Tools.Number(codes[4]);
        var failed = Tools.Number(requests[Array.IndexOf(requests, "failed") - 1]);
        return failed == 0 && good > 0
            ? new LoadResults(good, Tools.Time(finished[2]), double.NaN, double.NaN)
            : throw new InvalidOperationException($"requests failed: {result}");
    }
}
