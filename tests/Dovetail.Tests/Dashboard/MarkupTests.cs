using Dovetail.Dashboard;

namespace Dovetail.Tests.Dashboard;

public sealed class MarkupTests
{
    [Theory]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData("\" onmouseover=\"alert(1)", "&quot; onmouseover=&quot;alert(1)")]
    [InlineData("' & `", "&#39; &amp; `")]
    [InlineData("C:\\\"x\"", "C:\\&quot;x&quot;")]
    [InlineData("a\r\ndata: b", "a\\r\\ndata: b")]
    [InlineData("a\u202Eb\u0007", "a\\u{202E}b\\u{7}")]
    [InlineData(null, "")]
    public void What_stands_in_a_hole_is_text(string? text, string expected) =>
        Assert.Equal($"<p title=\"{expected}\">{expected}</p>", new Markup().Append($"<p title=\"{text}\">{text}</p>").ToString());

    [Fact]
    public void A_text_without_end_is_cut() =>
        Assert.True(new Markup().Append($"{new string('x', 100_000)}").ToString().Length < 2100);

    [Fact]
    public void What_is_built_already_is_not_encoded_again() =>
        Assert.Equal("<p><b>&lt;</b></p>", new Markup().Append($"<p>{new Markup().Append($"<b>{"<"}</b>")}</p>").ToString());

    [Theory]
    [InlineData("https://web.example.ts.net", true)]
    [InlineData("http://headscale.example/register/1", true)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,x", false)]
    [InlineData("tcp://web.example.ts.net:5432", false)]
    [InlineData("//elsewhere.example", false)]
    public void Only_an_address_of_the_web_is_a_link(string address, bool isLink)
    {
        var link = Texts.Link("x", address, "go").ToString();

        Assert.Equal(isLink, link.Contains("href", StringComparison.Ordinal));
        Assert.Contains(address, link, StringComparison.Ordinal);
    }
}
