using System.Net;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Hands out addresses of 127.83.0.0/16, one per listener. Never 127.0.0.1: every port there is reachable from the
/// tailnet through every node (recorded with tailscaled 1.96.5).
/// </summary>
internal sealed class LoopbackAddressPool
{
    // 127.83.1.1 to 127.83.254.254 without .0 and .255, which some tools take for network and broadcast.
    private const int PerOctet = 254;
    private const int Size = PerOctet * PerOctet;

    private readonly Lock _lock = new();
    private readonly HashSet<int> _taken = [];

    /// <summary>Takes the address that belongs to <paramref name="service"/>, or the next one that is free here.</summary>
    /// <param name="attempt">How many addresses after the first to begin at: those before are held by another process.</param>
    /// <exception cref="InvalidOperationException">All addresses are taken.</exception>
    public IPAddress Take(string service, int attempt = 0)
    {
        var start = (int)((Hash(service) + (uint)attempt) % Size);
        lock (_lock)
        {
            for (var i = 0; i < Size; i++)
            {
                var slot = (start + i) % Size;
                if (_taken.Add(slot))
                {
                    return AddressOf(slot);
                }
            }
        }

        throw new InvalidOperationException("No loopback address of 127.83.0.0/16 is free: there are more services than addresses.");
    }

    /// <summary>Gives an address back.</summary>
    public void Return(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        address.TryWriteBytes(bytes, out _);
        lock (_lock)
        {
            _taken.Remove(((bytes[2] - 1) * PerOctet) + bytes[3] - 1);
        }
    }

    private static IPAddress AddressOf(int slot) =>
        new([127, 83, (byte)((slot / PerOctet) + 1), (byte)((slot % PerOctet) + 1)]);

    // FNV-1a: the same service gets the same address after every restart, so a serve config that tailscaled kept stays right.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash;
    }
}
