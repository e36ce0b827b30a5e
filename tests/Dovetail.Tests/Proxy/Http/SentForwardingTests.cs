using System.Net;
using Dovetail.Proxy.Http;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>What of a trusted proxy's word is taken: its own clients may have written a part of it.</summary>
public sealed class SentForwardingTests
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 198.51.100.2", "203.0.113.9, 198.51.100.2")]
    [InlineData("203.0.113.9,198.51.100.2\t", "203.0.113.9, 198.51.100.2")]
    [InlineData("2001:DB8::1, [2001:db8::2], [2001:db8::3]:443, 192.0.2.1:5000", "2001:db8::1, 2001:db8::2, 2001:db8::3, 192.0.2.1")]
    [InlineData("unknown, 198.51.100.2", "198.51.100.2")]
    [InlineData("198.51.100.1, <script>, 198.51.100.2", "198.51.100.2")]
    [InlineData("198.51.100.1,, 198.51.100.2", "198.51.100.2")]
    [InlineData("127.1, 198.51.100.2", "198.51.100.2")]
    [InlineData("0x7f000001, 198.51.100.2", "198.51.100.2")]
    [InlineData("010.0.0.1, 198.51.100.2", "198.51.100.2")]
    [InlineData("1, 198.51.100.2", "198.51.100.2")]
    [InlineData("fe80::1%eth0, 198.51.100.2", "198.51.100.2")]
    [InlineData("[192.0.2.1], 198.51.100.2", "198.51.100.2")]
    [InlineData("[2001:db8::1]x, 198.51.100.2", "198.51.100.2")]
    [InlineData("[2001:db8::1]:0, 198.51.100.2", "198.51.100.2")]
    [InlineData("192.0.2.1:99999, 198.51.100.2", "198.51.100.2")]
    [InlineData("198.51.100.2, unknown", null)]
    [InlineData("198.51.100.2,", null)]
    [InlineData("", null)]
    [InlineData("[", null)]
    [InlineData(":", null)]
    [InlineData("[]", null)]
    [InlineData("\"192.0.2.1\"", null)]
    public void A_chain_begins_after_what_is_no_address(string sent, string? chain)
    {
        var read = Read(("X-Forwarded-For", [sent]));

        Assert.Equal(chain, read.For);
        Assert.Equal(chain?.Split(", ")[^1], read.Client);
    }

    [Fact]
    public void Several_lines_are_one_chain()
    {
        Assert.Equal("192.0.2.1, 192.0.2.2, 192.0.2.3", Read(("X-Forwarded-For", ["192.0.2.1", "192.0.2.2,192.0.2.3"])).For);
        Assert.Equal("192.0.2.3", Read(("X-Forwarded-For", ["192.0.2.1", "forged, 192.0.2.3"])).For);
    }

    [Fact]
    public void Of_a_chain_without_end_the_nearest_are_kept()
    {
        var sent = string.Join(", ", Enumerable.Range(0, 3000).Select(n => $"10.{n / 256 % 256}.{n % 256}.1"));
        var elements = string.Join(", ", Enumerable.Range(0, 3000).Select(n => $"for=10.{n / 256 % 256}.{n % 256}.1"));

        var chain = Read(("X-Forwarded-For", [sent])).For!.Split(", ");
        Assert.Equal((AddressChain.MaxHops, "10.11.183.1"), (chain.Length, chain[^1]));
        chain = Read(("Forwarded", [elements])).For!.Split(", ");
        Assert.Equal((AddressChain.MaxHops, "10.11.183.1"), (chain.Length, chain[^1]));
    }

    [Theory]
    [InlineData("X-Forwarded-Host", "photos.example.com", "photos.example.com")]
    [InlineData("X-Forwarded-Host", "photos.example.com:8443", "photos.example.com:8443")]
    [InlineData("X-Forwarded-Host", "[2001:db8::1]:8443", "[2001:db8::1]:8443")]
    [InlineData("X-Forwarded-Host", "forged.example, photos.example.com", "photos.example.com")]
    [InlineData("X-Forwarded-Host", "photos.example.com, ", null)]
    [InlineData("X-Forwarded-Host", "photos.example.com/path", null)]
    [InlineData("X-Forwarded-Host", "user@photos.example.com", null)]
    [InlineData("X-Forwarded-Host", "a b", null)]
    [InlineData("X-Forwarded-Host", "ph\u00f6tos.example.com", null)]
    [InlineData("X-Forwarded-Host", "\"><script>", null)]
    [InlineData("X-Forwarded-Proto", "https", "https")]
    [InlineData("X-Forwarded-Proto", "HTTP", "http")]
    [InlineData("X-Forwarded-Proto", "wss", "wss")]
    [InlineData("X-Forwarded-Proto", "https, http", "http")]
    [InlineData("X-Forwarded-Proto", "javascript", null)]
    [InlineData("X-Forwarded-Proto", "", null)]
    [InlineData("X-Forwarded-Port", "443", "443")]
    [InlineData("X-Forwarded-Port", "80, 8443", "8443")]
    [InlineData("X-Forwarded-Port", "0", null)]
    [InlineData("X-Forwarded-Port", "443;x", null)]
    public void Of_what_stands_there_once_the_last_is_taken_and_none_that_is_malformed(string name, string sent, string? taken)
    {
        var read = Read((name, ["forged", sent]));

        Assert.Equal(taken, name switch
        {
            "X-Forwarded-Host" => read.Host,
            "X-Forwarded-Proto" => read.Proto,
            _ => read.Port,
        });
    }

    [Fact]
    public void A_host_longer_than_any_is_none() => Assert.Null(Read(("X-Forwarded-Host", [new string('a', 300)])).Host);

    [Theory]
    [InlineData("for=192.0.2.1;proto=https;host=photos.example.com", "for=192.0.2.1;host=photos.example.com;proto=https")]
    [InlineData("For=\"[2001:db8::1]:4711\"", "for=\"[2001:db8::1]\"")]
    [InlineData("for=192.0.2.1 ; proto=http , for=192.0.2.2", "for=192.0.2.1;proto=http, for=192.0.2.2")]
    [InlineData("for=192.0.2.1;by=203.0.113.1;secret=x", "for=192.0.2.1")]
    [InlineData("for=\"192.0.2.1:80\";host=\"a:443\"", "for=192.0.2.1;host=\"a:443\"")]
    [InlineData("for=_hidden, for=192.0.2.2", "for=192.0.2.2")]
    [InlineData("proto=https, for=192.0.2.2", "for=192.0.2.2")]
    [InlineData("for=192.0.2.1;for=192.0.2.9, for=192.0.2.2", "for=192.0.2.2")]
    [InlineData("for=192.0.2.1;host=\"a\\\"b\"", "for=192.0.2.1")]
    [InlineData("for=192.0.2.1;proto=gopher", "for=192.0.2.1")]
    [InlineData("for=192.0.2.2, for=unknown", null)]
    [InlineData("for=192.0.2.6;x=\", for=192.0.2.2", null)]
    [InlineData("for=192.0.2.6;x=\", for=\"[2001:db8::1]\"", null)]
    [InlineData("for", null)]
    [InlineData("for=", null)]
    [InlineData("=192.0.2.1", null)]
    [InlineData("for=192.0.2.1;", null)]
    [InlineData("for=\"192.0.2.1", null)]
    [InlineData("for=\"192.0.2.1\\", null)]
    [InlineData("", null)]
    public void The_elements_of_Forwarded_are_made_anew(string sent, string? elements)
    {
        var read = Read(("Forwarded", [sent]));

        Assert.Equal(elements, read.Forwarded);
        Assert.Equal(elements is null, read.For is null);
    }

    [Fact]
    public void A_line_that_hides_what_follows_hides_only_itself() =>
        Assert.Equal("for=192.0.2.2", Read(("Forwarded", ["for=192.0.2.6;x=\"", "for=192.0.2.2"])).Forwarded);

    [Fact]
    public void A_proxy_that_writes_Forwarded_alone_is_taken_at_its_word()
    {
        var read = Read(
            ("Forwarded", ["for=192.0.2.1;host=a.example, for=192.0.2.2;host=photos.example.com;proto=http"]),
            ("X-Forwarded-Host", ["forged.example"]),
            ("X-Forwarded-Port", ["1"]));

        Assert.Equal(("192.0.2.1, 192.0.2.2", "192.0.2.2"), (read.For, read.Client));
        Assert.Equal(("photos.example.com", "http", null), (read.Host, read.Proto, read.Port));
        Assert.Equal("http://photos.example.com", read.Origin);
    }

    // Traefik, Caddy and nginx write X-Forwarded-For, and let a client's Forwarded pass.
    [Fact]
    public void Beside_another_chain_Forwarded_counts_only_when_it_says_the_same()
    {
        Assert.Null(Read(("X-Forwarded-For", ["192.0.2.2"]), ("Forwarded", ["for=192.0.2.6"])).Forwarded);
        Assert.Equal(
            "for=192.0.2.6, for=192.0.2.2",
            Read(("X-Forwarded-For", ["192.0.2.2"]), ("Forwarded", ["for=192.0.2.6, for=192.0.2.2"])).Forwarded);
    }

    [Fact]
    public void What_Connection_names_was_for_the_hop_alone()
    {
        var read = Read(
            ("Connection", ["close, x-forwarded-for, Forwarded"]), ("X-Forwarded-For", ["192.0.2.1"]), ("Forwarded", ["for=192.0.2.1"]),
            ("X-Forwarded-Proto", ["http"]));

        Assert.Equal((null, null, "http"), (read.For, read.Forwarded, read.Proto));
    }

    [Theory]
    [InlineData("X_Forwarded_For")]
    [InlineData("X.Forwarded.For")]
    [InlineData("X-Forwarded")]
    public void No_other_spelling_is_read(string name) => Assert.Null(Read((name, ["192.0.2.1"])).For);

    [Fact]
    public void Whatever_is_sent_only_what_is_well_formed_comes_of_it()
    {
        const string letters = "1.2:a[]\"\\;=,% \t\u00ffforhstp_-/";
        var random = new Random(7);
        for (var round = 0; round < 50_000; round++)
        {
            var read = Read(
                ("X-Forwarded-For", Some()), ("X-Forwarded-Host", Some()), ("X-Forwarded-Proto", Some()), ("Forwarded", Some()));

            Assert.All(read.For?.Split(", ") ?? [], address => Assert.Equal(address, IPAddress.Parse(address).ToString()));
            Assert.DoesNotContain(read.Host + read.Forwarded, c => c is < ' ' or > '~' or '\\' or '%' or '/');
            var again = Read(("Forwarded", [read.Forwarded ?? ""]));
            Assert.Equal(read.Forwarded, again.Forwarded);
        }

        string[] Some() => [.. Enumerable.Range(0, random.Next(3)).Select(_ => random.Next(3) == 0 ? "for=" + Text() : Text())];

        string Text() => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => letters[random.Next(letters.Length)]));
    }

    private static SentForwarding Read(params (string Name, string[] Lines)[] fields)
    {
        var headers = new HeaderDictionary();
        foreach (var (name, lines) in fields)
        {
            headers[name] = lines;
        }

        return SentForwarding.Read(headers);
    }
}
