using System.Buffers.Binary;
using System.Net;
using BenchmarkDotNet.Attributes;
using Dovetail.Proxy.Connections;

namespace Dovetail.Benchmarks;

/// <summary>Reading the PROXY protocol header: once for each connection.</summary>
public class ProxyHeader
{
    private readonly byte[] _version4 = Create("100.64.0.7", "100.64.0.1");
    private readonly byte[] _version6 = Create("fd7a:115c:a1e0::7", "fd7a:115c:a1e0::1");

    [Benchmark(Baseline = true)]
    public bool IPv4() => IsAccepted(_version4);

    [Benchmark]
    public bool IPv6() => IsAccepted(_version6);

    private static bool IsAccepted(byte[] bytes) =>
        ProxyProtocolHeader.TryParse(bytes, out _, out _) == ProxyProtocolStatus.Accepted;

    private static byte[] Create(string source, string destination)
    {
        byte[] addresses = [.. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes()];
        var length = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)(addresses.Length + 4));
        return
        [
            .. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, addresses.Length == 8 ? (byte)0x11 : (byte)0x21, .. length, .. addresses, 0xc0, 0x01, 0x20, 0xfb,
        ];
    }
}
