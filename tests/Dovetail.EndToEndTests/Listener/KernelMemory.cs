using System.Globalization;
using System.Text.RegularExpressions;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What is queued in the sockets of a process: bytes, as ss(8) accounts them.</summary>
internal static partial class KernelMemory
{
    public static async Task<long> OfSocketsAsync(int processId)
    {
        var listing = await Command.RunAsync("ss", ["-tmnHOp"], cancellation: TestContext.Current.CancellationToken);
        return listing.MustSucceed().Stdout.Split('\n')
            .Where(line => line.Contains($"pid={processId},", StringComparison.Ordinal))
            .Sum(line => Queued().Match(line) is { Success: true } memory ? Number(memory, "read") + Number(memory, "written") : 0);
    }

    private static long Number(Match match, string group) => long.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"skmem:\(r(?<read>\d+),rb\d+,t\d+,tb\d+,f\d+,w(?<written>\d+),")]
    private static partial Regex Queued();
}
