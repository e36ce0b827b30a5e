using Dovetail.Common;
using Dovetail.Metrics.Otlp;

namespace Dovetail.Tests.Metrics.Otlp;

public sealed class PairSyntaxTests
{
    [Theory]
    [InlineData("a=b", "a=b")]
    [InlineData("a=b,c=d", "a=b|c=d")]
    [InlineData(" a = b , c=d, ", "a=b|c=d")]
    [InlineData("authorization=Basic%20YWRhOnB3,x=", "authorization=Basic YWRhOnB3|x=")]
    [InlineData("authorization=Basic YWRhOg==", "authorization=Basic YWRhOg==")]
    [InlineData("a=50%25%2C", "a=50%,")]
    public void Pairs_are_read(string text, string expected)
    {
        Assert.Null(PairSyntax.ReadHeaders(text, out var headers));
        Assert.Null(PairSyntax.ReadAttributes(text, out var attributes));

        Assert.Equal(expected, string.Join('|', headers.Select(pair => $"{pair.Key}={pair.Value}")));
        Assert.Equal(headers, attributes);
    }

    [Theory]
    [InlineData("s3cret")]
    [InlineData("=s3cret")]
    [InlineData("a=b,s3cret")]
    [InlineData("a b=s3cret")]
    [InlineData("a=s3cret%0d%0aX: y")]
    [InlineData("a=s3crét")]
    [InlineData("Content-Length=3,a=s3cret")]
    [InlineData("host=s3cret")]
    public void What_is_no_header_is_refused_without_being_shown(string text)
    {
        var problem = PairSyntax.ReadHeaders(text, out _);

        Assert.NotNull(problem);
        Assert.DoesNotContain("s3cr", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("home")]
    [InlineData("a=b%00")]
    public void What_is_no_attribute_is_refused(string text) => Assert.NotNull(PairSyntax.ReadAttributes(text, out _));

    [Fact]
    public void An_attribute_that_is_given_twice_counts_once()
    {
        Assert.Null(PairSyntax.ReadAttributes("a=1,a=2", out EquatableArray<KeyValuePair<string, string>> pairs));
        Assert.Equal("1", Assert.Single(pairs).Value);
    }
}
