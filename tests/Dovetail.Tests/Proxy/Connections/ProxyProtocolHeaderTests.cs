using System.Net;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class ProxyProtocolHeaderTests
{
    // Recorded with tailscaled 1.96.5, with the client's HELLO behind the header.
    private const string RecordedV4 = "0d0a0d0a000d0a515549540a2111000c64400001644000039ec620fb48454c4c4f";

    private const string RecordedV6 =
        "0d0a0d0a000d0a515549540a21210024fd7a115ca1e0ab124843cd9662400001fd7a115ca1e0ab124843cd9662400003d74c20fb48454c4c4f";

    [Theory]
    [InlineData(RecordedV4, 28, "100.64.0.1:40646", "100.64.0.3:8443")]
    [InlineData(RecordedV6, 52, "[fd7a:115c:a1e0:ab12:4843:cd96:6240:1]:55116", "[fd7a:115c:a1e0:ab12:4843:cd96:6240:3]:8443")]
    public void What_tailscaled_sends_is_accepted_and_the_clients_bytes_are_left(string hex, int length, string source, string destination)
    {
        var status = ProxyProtocolHeader.TryParse(Convert.FromHexString(hex), out var header, out var consumed);

        Assert.Equal(ProxyProtocolStatus.Accepted, status);
        Assert.Equal(length, consumed);
        Assert.Equal(IPEndPoint.Parse(source), header!.Source);
        Assert.Equal(IPEndPoint.Parse(destination), header.Destination);
    }

    [Theory]
    [InlineData(RecordedV4, 28)]
    [InlineData(RecordedV6, 52)]
    public void A_header_that_comes_byte_by_byte_is_waited_for(string hex, int length)
    {
        var bytes = Convert.FromHexString(hex);

        for (var received = 0; received < length; received++)
        {
            Assert.Equal(ProxyProtocolStatus.Incomplete, ProxyProtocolHeader.TryParse(bytes.AsSpan(0, received), out _, out _));
        }

        Assert.Equal(ProxyProtocolStatus.Accepted, ProxyProtocolHeader.TryParse(bytes.AsSpan(0, length), out _, out _));
    }

    [Theory]
    [InlineData("50524f5859205443503420", "version 1")]
    [InlineData("0d0a0d0a000d0a515549540a20110000", "LOCAL")]
    [InlineData("0d0a0d0a000d0a515549540a21000000", "UNSPEC")]
    [InlineData("0d0a0d0a000d0a515549540a2112000c", "UDP over IPv4")]
    [InlineData("0d0a0d0a000d0a515549540a213100d8", "UNIX stream")]
    [InlineData("0d0a0d0a000d0a515549540a3111000c", "version 3")]
    [InlineData("0d0a0d0a000d0a515549540a2111000b", "too short for two IPv4 addresses")]
    [InlineData("0d0a0d0a000d0a515549540a21210023", "too short for two IPv6 addresses")]
    [InlineData("0d0a0d0a000d0a515549540a2111ffff", "longer than acceptable")]
    [InlineData("0d0a0d0a000d0a515549540a2111000d64400001644000039ec620fb04", "a TLV without a length")]
    [InlineData("0d0a0d0a000d0a515549540a2111001064400001644000039ec620fb04000500", "a TLV longer than the header")]
    [InlineData("16030100", "a TLS handshake")]
    [InlineData("474554202f", "a plain request")]
    public void Anything_else_is_refused_at_once(string hex, string what)
    {
        Assert.True(ProxyProtocolHeader.TryParse(Convert.FromHexString(hex), out _, out _) == ProxyProtocolStatus.Refused, what);
    }

    [Fact]
    public void Tlvs_are_allowed_and_skipped()
    {
        var header = new ProxyProtocolHeader(IPEndPoint.Parse("100.64.0.1:1"), IPEndPoint.Parse("100.64.0.2:2"))
        {
            Tlvs = new byte[] { 4, 0, 2, 9, 9 },
        };

        var status = ProxyProtocolHeader.TryParse([.. header.ToBytes(), 1, 2, 3], out var parsed, out var length);

        Assert.Equal(ProxyProtocolStatus.Accepted, status);
        Assert.Equal(28 + 5, length);
        Assert.Equal(header.Source, parsed!.Source);
    }

    [Fact]
    public void Hostile_inputs_neither_throw_nor_read_too_far_and_what_is_accepted_encodes_to_itself()
    {
        var rounds = Environment.GetEnvironmentVariable("DOVETAIL_TEST_FULL") == "1" ? 1_000_000 : 50_000;
        var random = new Random(20260101);
        var seeds = new[] { RecordedV4, RecordedV6 }.Select(Convert.FromHexString).ToArray();
        var accepted = 0;
        var buffer = new byte[640];
        for (var i = 0; i < rounds; i++)
        {
            var input = Mutate(random, seeds[i & 1], buffer);

            var status = ProxyProtocolHeader.TryParse(input, out var header, out var length);

            if (status != ProxyProtocolStatus.Accepted)
            {
                continue;
            }

            accepted++;
            if (length > input.Length || !header!.ToBytes().AsSpan().SequenceEqual(input[..length]))
            {
                Assert.Fail($"Does not encode to itself: {Convert.ToHexString(input)}");
            }
        }

        // The inputs are near enough to headers to be worth anything.
        Assert.InRange(accepted, rounds / 10, rounds / 10 * 9);
    }

    private static Span<byte> Mutate(Random random, byte[] seed, byte[] buffer)
    {
        seed.CopyTo(buffer.AsSpan());
        var length = random.Next(4) == 0 ? random.Next(buffer.Length) : seed.Length;
        for (var flips = random.Next(4); flips > 0; flips--)
        {
            buffer[random.Next(seed.Length)] = (byte)random.Next(256);
        }

        if (random.Next(3) == 0)
        {
            // A length that asks for TLVs.
            buffer[14] = (byte)random.Next(3);
            buffer[15] = (byte)random.Next(256);
            random.NextBytes(buffer.AsSpan(seed.Length));
        }

        return buffer.AsSpan(0, length);
    }
}
