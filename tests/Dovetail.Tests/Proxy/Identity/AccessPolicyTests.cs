using Dovetail.Proxy.Identity;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Identity;

public sealed class AccessPolicyTests
{
    private static readonly PeerIdentity Ada = new(FakeDirectory.Ada);
    private static readonly PeerIdentity Tagged = new(FakeDirectory.Tagged);

    [Fact]
    public void Without_rules_everybody_is_let_in()
    {
        var policy = new AccessPolicy([]);

        Assert.All(
            [Ada, Tagged, PeerIdentity.Unknown, PeerIdentity.LookupFailed],
            who => Assert.Equal(AccessDecision.Allowed, policy.Decide(who)));
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("ADA@Example.com")]
    [InlineData("*@example.com")]
    [InlineData("*@EXAMPLE.com")]
    [InlineData("cap:example.com/cap/admin")]
    public void A_rule_that_names_the_user_lets_the_user_in(string rule)
    {
        Assert.Equal(AccessDecision.Allowed, Policy($"bob@example.com,{rule}").Decide(Ada));
    }

    [Theory]
    [InlineData("bob@example.com")]
    [InlineData("*@ample.com")]
    [InlineData("*@example.com.evil.example")]
    [InlineData("tag:ci")]
    [InlineData("cap:example.com/cap/adm")]
    [InlineData("cap:EXAMPLE.com/cap/admin")]
    public void A_rule_that_does_not_keeps_the_user_out(string rule)
    {
        Assert.Equal(AccessDecision.NotListed, Policy(rule).Decide(Ada));
    }

    [Fact]
    public void A_tag_lets_in_devices_with_the_tag_only()
    {
        var policy = Policy("tag:ci");

        Assert.Equal(AccessDecision.Allowed, policy.Decide(Tagged));
        Assert.Equal(AccessDecision.NotListed, policy.Decide(With("tag:prod")));
        Assert.Equal(AccessDecision.NotListed, policy.Decide(With("tag:CI")));

        static PeerIdentity With(string tag) => new(FakeDirectory.Tagged with { Tags = [tag] });
    }

    [Fact]
    public void A_rule_of_one_kind_is_not_taken_for_another_of_the_same_text()
    {
        Assert.Equal(AccessDecision.NotListed, new AccessPolicy([new AccessRule.Login("tag:ci")]).Decide(Tagged));
        Assert.Equal(AccessDecision.NotListed, new AccessPolicy([new AccessRule.Tag("ada@example.com")]).Decide(Ada));
        Assert.Equal(AccessDecision.NotListed, new AccessPolicy([new AccessRule.Login("example.com")]).Decide(Ada));
        Assert.Equal(AccessDecision.NotListed, new AccessPolicy([new AccessRule.Domain("*")]).Decide(Ada));
        Assert.Equal(AccessDecision.NotListed, new AccessPolicy([new AccessRule.Capability("*")]).Decide(Ada));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    public void A_login_without_a_domain_matches_no_domain_rule(string login)
    {
        var peer = new PeerIdentity(FakeDirectory.Ada with { User = new PeerUser(login, "", "", ""), Capabilities = [""] });

        Assert.Equal(AccessDecision.NotListed, Policy("*@example.com,cap:x").Decide(peer));
    }

    [Fact]
    public void Who_is_not_known_is_kept_out_by_any_rule()
    {
        var policy = Policy("*@example.com,tag:ci");

        Assert.Equal(AccessDecision.UnknownPeer, policy.Decide(PeerIdentity.Unknown));
        Assert.Equal(AccessDecision.IdentityUnavailable, policy.Decide(PeerIdentity.LookupFailed));
    }

    private static AccessPolicy Policy(string allow) => new(Rules.Of(allow));
}
