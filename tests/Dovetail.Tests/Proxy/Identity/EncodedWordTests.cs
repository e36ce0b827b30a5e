using System.Text;
using System.Text.RegularExpressions;
using Dovetail.Proxy.Identity;

namespace Dovetail.Tests.Proxy.Identity;

public sealed partial class EncodedWordTests
{
    [Theory]
    [InlineData("Ada Lovelace", "Ada Lovelace")]
    [InlineData("", "")]
    [InlineData("Fermín", "=?utf-8?q?Ferm=C3=ADn?=")]
    [InlineData("a_b é", "=?utf-8?q?a=5Fb_=C3=A9?=")]
    [InlineData("evil\r\nX-Admin: 1", "=?utf-8?q?evil=0D=0AX-Admin:_1?=")]
    [InlineData("=?utf-8?q?root?=", "=?utf-8?q?=3D=3Futf-8=3Fq=3Froot=3F=3D?=")]
    public void Printable_ascii_stays_and_the_rest_is_encoded(string text, string expected)
    {
        Assert.Equal(expected, EncodedWord.Encode(text));
    }

    [Fact]
    public void Any_text_becomes_words_of_at_most_75_characters_that_decode_to_it()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var text = RandomText(random);

            var encoded = EncodedWord.Encode(text);

            Assert.All(encoded, c => Assert.InRange(c, ' ', '~'));
            if (!encoded.StartsWith("=?", StringComparison.Ordinal))
            {
                Assert.Equal(text, encoded);
                continue;
            }

            Assert.All(encoded.Split(' '), word => Assert.InRange(word.Length, 1, 75));
            Assert.Equal(text, string.Concat(encoded.Split(' ').Select(Decode)));
        }
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (var length = random.Next(1, 60); length > 0; length--)
        {
            text.Append(random.Next(4) switch
            {
                0 => new Rune(random.Next(0x4e00, 0x9fff)),
                1 => new Rune(random.Next(0x1f600, 0x1f64f)),
                2 => new Rune(random.Next(0, 0x20)),
                _ => new Rune(random.Next(0x20, 0x7f)),
            });
        }

        return text.ToString();
    }

    // Each word decodes by itself: a character is never split between two.
    private static string Decode(string word)
    {
        var content = word["=?utf-8?q?".Length..^2].Replace('_', ' ');
        var bytes = new List<byte>();
        foreach (Match match in Escapes().Matches(content))
        {
            bytes.Add(match.Value.Length == 3 ? Convert.ToByte(match.Value[1..], 16) : (byte)match.Value[0]);
        }

        return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. bytes]);
    }

    [GeneratedRegex("=[0-9A-F]{2}|[^=]", RegexOptions.Singleline)]
    private static partial Regex Escapes();
}
