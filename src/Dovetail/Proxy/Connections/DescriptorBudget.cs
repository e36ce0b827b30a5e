using System.Globalization;
using System.Threading.RateLimiting;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Keeps all listeners together within the file descriptors that the process may have. A connection takes one; a request takes as a rule
/// one more, for its connection to the upstream. Without a descriptor nothing works: no accept, no upstream, no status.
/// </summary>
internal sealed class DescriptorBudget
{
    // For tailscaleds (pipes, LocalAPI), Docker, the admin socket, the runtime's own files.
    private const int Reserve = 512;

    /// <param name="descriptors">How many the process may have.</param>
    public DescriptorBudget(long descriptors)
    {
        Size = (int)Math.Clamp((descriptors - Reserve) / 2, 64, int.MaxValue / 2);
        Connections = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = Size });
        Requests = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = Size });
    }

    /// <summary>How many connections, and how many requests, there may be at a time; at least 64.</summary>
    public int Size { get; }

    /// <summary>The most connections of one peer to one node, so that one cannot take all.</summary>
    public int PerPeer => Size / 4;

    /// <summary>Open connections of all listeners.</summary>
    public ConcurrencyLimiter Connections { get; }

    /// <summary>Requests in flight of all listeners. A lease costs about 0.2 µs and 40 bytes, which a request does not notice.</summary>
    public ConcurrencyLimiter Requests { get; }

    /// <summary>The budget of this process: its hard limit, to which the .NET runtime has raised the soft one.</summary>
    /// <exception cref="IOException"><c>/proc</c> is not mounted.</exception>
    public static DescriptorBudget OfProcess()
    {
        // proc_pid_limits(5): "Max open files", then soft and hard limit.
        var line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return new DescriptorBudget(long.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : long.MaxValue);
    }
}
