using Dovetail.Proxy.Identity;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Identity;

public sealed class AccessPolicyTests
{
    private static readonly PeerIdentity Ada = new(FakeDirectory.Ada);
    private static readonly PeerIdentity Tagged = new(FakeDirectory.Tagged);

    [Fact]
    public void Without_rules_everybody_is_let_in()
    {
        var policy = AccessPolicy.Parse([]);

        Assert.All([Ada, Tagged, PeerIdentity.Unknown, PeerIdentity.LookupFailed], who => Assert.Equal(AccessDecision.Allowed, policy.Decide(who)));
    }

    [Theory]
    [InlineData("ada@example.com")]
    [InlineData("ADA@Example.com")]
    [InlineData("*@example.com")]
    [InlineData("cap:example.com/cap/admin")]
    public void A_rule_that_names_the_user_lets_the_user_in(string rule)
    {
        Assert.Equal(AccessDecision.Allowed, AccessPolicy.Parse(["bob@example.com", rule]).Decide(Ada));
    }

    [Theory]
    [InlineData("bob@example.com")]
    [InlineData("*@ample.com")]
    [InlineData("*@")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("tag:ci")]
    [InlineData("cap:example.com/cap/adm")]
    [InlineData("cap:")]
    [InlineData("example.com")]
    public void A_rule_that_does_not_keeps_the_user_out(string rule)
    {
        Assert.Equal(AccessDecision.NotListed, AccessPolicy.Parse([rule]).Decide(Ada));
    }

    [Fact]
    public void A_tag_lets_in_devices_with_the_tag_only()
    {
        var policy = AccessPolicy.Parse(["tag:ci"]);

        Assert.Equal(AccessDecision.Allowed, policy.Decide(Tagged));
        Assert.Equal(AccessDecision.NotListed, policy.Decide(new PeerIdentity(FakeDirectory.Tagged with { Tags = ["tag:prod"] })));
    }

    [Fact]
    public void A_login_without_a_domain_matches_no_domain_rule()
    {
        var peer = new PeerIdentity(FakeDirectory.Ada with { User = new PeerUser("@example.com", "", "", "") });

        Assert.Equal(AccessDecision.NotListed, AccessPolicy.Parse(["*@example.com"]).Decide(peer));
    }

    [Fact]
    public void Who_is_not_known_is_kept_out_by_any_rule()
    {
        var policy = AccessPolicy.Parse(["*@example.com", "tag:ci"]);

        Assert.Equal(AccessDecision.UnknownPeer, policy.Decide(PeerIdentity.Unknown));
        Assert.Equal(AccessDecision.IdentityUnavailable, policy.Decide(PeerIdentity.LookupFailed));
    }
}
