using Dovetail.Common;
using Dovetail.Services.Labels;

namespace Dovetail.Tests.Services;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("15s", 15_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData(".5s", 500)]
    [InlineData("1500us", 1.5)]
    [InlineData("2h0m1s", 7_201_000)]
    public void A_duration_is_read_as_Go_reads_it(string text, double milliseconds)
    {
        Assert.True(DurationSyntax.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("15")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("٣s")]
    [InlineData("999999999999h")]
    [InlineData("9999999999999s")]
    public void Anything_else_is_no_duration(string text) => Assert.False(DurationSyntax.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("134217728", 134217728)]
    [InlineData("128MiB", 134217728)]
    [InlineData("64m", 67108864)]
    [InlineData("64mb", 67108864)]
    [InlineData("1g", 1073741824)]
    [InlineData("2GIB", 2147483648)]
    [InlineData("512k", 524288)]
    [InlineData("7b", 7)]
    public void A_size_is_read_as_Docker_reads_it(string text, long bytes)
    {
        Assert.True(SizeSyntax.TryParse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("1.5g")]
    [InlineData("64 m")]
    [InlineData("64mi")]
    [InlineData("64t")]
    [InlineData("9999999999999")]
    public void Anything_else_is_no_size(string text) => Assert.False(SizeSyntax.TryParse(text, out _));

    // The tags are those of the recording 02-up/tags.txt, and what tailscale up said of them.
    [Theory]
    [InlineData("tag:web", true)]
    [InlineData("tag:Web", true)]
    [InlineData("tag:a-1", true)]
    [InlineData("web", false)]
    [InlineData("tag:", false)]
    [InlineData("tag:1x", false)]
    [InlineData("tag:a_b", false)]
    [InlineData("TAG:web", false)]
    [InlineData("tag:wéb", false)]
    public void A_tag_is_what_tailscale_takes(string tag, bool valid) => Assert.Equal(valid, TagSyntax.IsValid(tag));

    [Theory]
    [InlineData("a@example.com", true)]
    [InlineData("*@example.com", true)]
    [InlineData("octocat@github", true)]
    [InlineData("tag:web", true)]
    [InlineData("cap:example.com/cap/admin", true)]
    [InlineData("a@example.com, *@example.org", true)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData(",", false)]
    [InlineData("a@example.com,", false)]
    [InlineData("*", false)]
    [InlineData("a", false)]
    [InlineData("@example.com", false)]
    [InlineData("a@", false)]
    [InlineData("a@b@c", false)]
    [InlineData("a*@example.com", false)]
    [InlineData("a@*", false)]
    [InlineData("tag:", false)]
    [InlineData("cap:", false)]
    [InlineData("a b@example.com", false)]
    [InlineData("a\n@example.com", false)]
    public void A_rule_names_a_login_a_domain_a_tag_or_a_capability(string rules, bool valid) => Assert.Equal(valid, AllowSyntax.TryParseList(rules, out _, out _));

    [Theory]
    [InlineData("web", "web")]
    [InlineData("My_App", "my-app")]
    [InlineData("__web__", "web")]
    [InlineData("proj-web-1", "proj-web-1")]
    [InlineData("a..b", "a-b")]
    [InlineData("größe", "gr-e")]
    [InlineData("___", null)]
    [InlineData("", null)]
    [InlineData("日本", null)]
    public void A_name_is_derived_with_what_can_stay(string text, string? name) => Assert.Equal(name, NameSyntax.Derive(text));

    [Fact]
    public void A_derived_name_is_cut_to_a_valid_one()
    {
        var name = NameSyntax.Derive(new string('a', 62) + "-" + new string('b', 100));

        Assert.Equal(new string('a', 62), name);
    }

    [Fact]
    public void Printed_text_can_neither_end_a_line_nor_hide_anything()
    {
        Assert.Equal("a\\nb\\r\\t\\\"\\\\\\u{1B}[31m\\u{202E}\\u{2028}\\u{A0}é日", Printable.Text("a\nb\r\t\"\\\u001b[31m\u202e\u2028\u00a0é日"));
        Assert.Equal(new string('x', 100) + "… (10000 characters)", Printable.Text(new string('x', 10_000)));
        Assert.DoesNotContain('\ud800', Printable.Text("\ud800"));
    }
}
