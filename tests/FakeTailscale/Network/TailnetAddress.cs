using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FakeTailscale.Network;

/// <summary>Addresses of the test tailnet: 100.64.0.N, and fd7a:115c:a1e0:ab12:4843:cd96:62 followed by its last three bytes.</summary>
internal static class TailnetAddress
{
    private static readonly byte[] Prefix6 = [0xfd, 0x7a, 0x11, 0x5c, 0xa1, 0xe0, 0xab, 0x12, 0x48, 0x43, 0xcd, 0x96, 0x62];

    public static string IPv4(long id) =>
        string.Create(CultureInfo.InvariantCulture, $"100.{64 + ((id >> 16) & 63)}.{(id >> 8) & 255}.{id & 255}");

    public static string IPv6(long id) =>
        new IPAddress([.. Prefix6, (byte)(64 + ((id >> 16) & 63)), (byte)(id >> 8), (byte)id]).ToString();

    /// <summary>True for an address of a tailnet: 100.64.0.0/10 or fd7a:115c:a1e0::/48.</summary>
    public static bool IsTailnet(IPAddress address)
    {
        byte[] bytes = address.GetAddressBytes();
        return address.AddressFamily == AddressFamily.InterNetwork
            ? bytes[0] == 100 && (bytes[1] & 0xc0) == 64
            : bytes.AsSpan(0, 6).SequenceEqual(Prefix6.AsSpan(0, 6));
    }
}
