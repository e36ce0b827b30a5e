using System.Text;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class TargetEncodingTests
{
    private const int Longest = 16;

    [Theory]
    [InlineData("/", "/")]
    [InlineData("*", "*")]
    [InlineData("/a?b=%20", "/a?b=%20")]
    [InlineData("/\u00c3\u00a4", "/%C3%A4")]
    [InlineData("/a\0\r\n", "/a\x7f\x7f\x7f")]
    [InlineData("/a#b", "/a#b")]
    [InlineData("/%00?%00", "/\x7f" + "00?%00")]
    [InlineData("a", "/\x7f" + "a")]
    [InlineData("**", "/\x7f**")]
    [InlineData("", "/\x7f")]
    [InlineData("/123456789012345", "/123456789012345")]
    [InlineData("/1234567890123456", "/123456789012345")]
    [InlineData("/1234567890123\u00c3", "/1234567890123%C")]
    public void What_is_no_target_becomes_one_that_is_refused_and_the_rest_is_encoded(string sent, string read)
    {
        var encoding = new TargetEncoding(Longest);
        var bytes = Encoding.Latin1.GetBytes(sent);

        Assert.Equal(read, encoding.GetString(bytes.AsSpan()));
        Assert.Equal(read, encoding.GetString(bytes));
    }
}
