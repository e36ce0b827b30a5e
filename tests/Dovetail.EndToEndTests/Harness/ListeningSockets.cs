using System.Globalization;
using System.Net;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The TCP sockets on which a process listens, from <c>/proc</c> (proc_pid_net(5)).</summary>
internal static class ListeningSockets
{
    private const string Listening = "0A";

    public static IReadOnlyList<IPEndPoint> Of(int processId)
    {
        var inodes = Directory.EnumerateFiles($"/proc/{processId}/fd")
            .Select(descriptor => new FileInfo(descriptor).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(target => target["socket:[".Length..^1])
            .ToHashSet();
        return [.. Rows($"/proc/{processId}/net/tcp").Concat(Rows($"/proc/{processId}/net/tcp6"))
            .Where(row => row[3] == Listening && inodes.Contains(row[9]))
            .Select(row => Parse(row[1]))];
    }

    private static IEnumerable<string[]> Rows(string file) =>
        File.ReadLines(file).Skip(1).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    private static IPEndPoint Parse(string local)
    {
        var parts = local.Split(':');
        // The kernel prints each 32-bit word in the machine's byte order.
        var address = Convert.FromHexString(parts[0])
            .Chunk(4)
            .SelectMany(word => BitConverter.IsLittleEndian ? word.Reverse() : word)
            .ToArray();
        return new IPEndPoint(new IPAddress(address), int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
