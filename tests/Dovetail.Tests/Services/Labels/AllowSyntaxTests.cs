using Dovetail.Common;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services.Labels;

public sealed class AllowSyntaxTests
{
    [Fact]
    public void Each_kind_of_rule_is_read_as_what_it_is()
    {
        Assert.Equal([new AccessRule.Login("ada@example.com")], Read("ada@example.com"));
        Assert.Equal([new AccessRule.Login("octocat@github")], Read("octocat@github"));
        Assert.Equal([new AccessRule.Login("TAG:web@example.com")], Read("TAG:web@example.com"));
        Assert.Equal([new AccessRule.Domain("example.com")], Read("*@example.com"));
        Assert.Equal([new AccessRule.Tag("tag:web")], Read("tag:web"));
        Assert.Equal([new AccessRule.Capability("example.com/cap/admin")], Read("cap:example.com/cap/admin"));
        Assert.Equal([new AccessRule.Capability("a@b")], Read("cap:a@b"));
    }

    [Fact]
    public void A_list_keeps_its_order_and_loses_spaces_and_repeats() => Assert.Equal(
        [new AccessRule.Login("b@example.com"), new AccessRule.Domain("example.org"), new AccessRule.Login("B@example.com")],
        Read(" b@example.com , *@example.org,b@example.com,B@example.com"));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(",")]
    [InlineData("a@example.com,")]
    [InlineData(",a@example.com")]
    [InlineData("*")]
    [InlineData("*@")]
    [InlineData("**@example.com")]
    [InlineData("a")]
    [InlineData("example.com")]
    [InlineData("@example.com")]
    [InlineData("a@")]
    [InlineData("a@b@c")]
    [InlineData("a*@example.com")]
    [InlineData("a@*")]
    [InlineData("*@*")]
    [InlineData("*@*.example.com")]
    [InlineData("tag:")]
    [InlineData("tag:a@example.com")]
    [InlineData("cap:")]
    [InlineData("cap:*")]
    [InlineData("a b@example.com")]
    [InlineData("a\n@example.com")]
    [InlineData("a\u202e@example.com")]
    public void Anything_else_is_refused_and_lets_nobody_in_by_half(string text)
    {
        Assert.Contains("is no rule; allowed is a comma list", AllowSyntax.Read(text, out var rules), StringComparison.Ordinal);
        Assert.Empty(rules);
    }

    [Theory]
    [InlineData(320, true)]
    [InlineData(321, false)]
    public void A_rule_has_at_most_320_characters(int length, bool taken) =>
        Assert.Equal(taken, AllowSyntax.Read("a@" + new string('b', length - 2), out _) is null);

    [Fact]
    public void No_rule_is_without_a_name()
    {
        Assert.Throws<ArgumentException>(() => new AccessRule.Login(""));
        Assert.Throws<ArgumentException>(() => new AccessRule.Domain(""));
        Assert.Throws<ArgumentException>(() => new AccessRule.Tag(""));
        Assert.Throws<ArgumentException>(() => new AccessRule.Capability(""));
    }

    private static EquatableArray<AccessRule> Read(string text)
    {
        Assert.Null(AllowSyntax.Read(text, out var rules));
        return rules;
    }
}
