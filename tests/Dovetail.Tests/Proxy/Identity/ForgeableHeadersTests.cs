using Dovetail.Proxy.Identity;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Identity;

public sealed class ForgeableHeadersTests
{
    [Theory]
    [InlineData("Tailscale-User-Login")]
    [InlineData("tailscale-user-login")]
    [InlineData("TAILSCALE_USER_LOGIN")]
    [InlineData("Tailscale_User-Login")]
    [InlineData("Tailscale.User.Login")]
    [InlineData("Tailscale-Anything")]
    [InlineData("X-Tailscale-User")]
    [InlineData("x_tailscale_user")]
    [InlineData("X-Forwarded-For")]
    [InlineData("X_Forwarded_Proto")]
    [InlineData("X-Forwarded")]
    [InlineData("Forwarded")]
    [InlineData("X-Real-IP")]
    [InlineData("X_REAL_IP")]
    [InlineData("Remote-User")]
    [InlineData("REMOTE_USER")]
    [InlineData("Remote-Groups")]
    [InlineData("X-Remote-User")]
    [InlineData("X-Auth-Request-Email")]
    [InlineData("X-authentik-username")]
    [InlineData("X-WEBAUTH-USER")]
    [InlineData("X_WebAuth_User")]
    [InlineData("X-SSL-Client-Verify")]
    [InlineData("X-Original-URL")]
    [InlineData("X-Rewrite-URL")]
    [InlineData("X-Client-IP")]
    [InlineData("True-Client-IP")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("Proxy")]
    public void What_could_forge_an_identity_is_removed_in_any_spelling(string name)
    {
        var headers = new HeaderDictionary { [name] = "forged", ["Accept"] = "*/*" };

        ForgeableHeaders.Strip(headers);

        Assert.Equal("Accept", Assert.Single(headers).Key);
    }

    [Theory]
    [InlineData("Forwarded-To")]
    [InlineData("Tail-Scale")]
    [InlineData("X-Request-Id")]
    [InlineData("Authorization")]
    [InlineData("Cookie")]
    [InlineData("Remote")]
    [InlineData("Proxy-Authorization")]
    [InlineData("X-Original")]
    public void Everything_else_stays(string name)
    {
        var headers = new HeaderDictionary { [name] = "kept" };

        ForgeableHeaders.Strip(headers);

        Assert.Equal("kept", headers[name]);
    }

    [Theory]
    [InlineData("X-Original-URL", true)]
    [InlineData("x_original_url", true)]
    [InlineData("X-Original-URL-2", true)]
    [InlineData("X-Rewrite-URL", false)]
    [InlineData("Tailscale-User-Login", false)]
    [InlineData("X-Forwarded-For", false)]
    public void A_service_opens_single_headers_of_other_proxies_and_none_that_dovetail_sets(string name, bool passes)
    {
        var headers = new HeaderDictionary { [name] = "claimed" };

        ForgeableHeaders.Strip(headers, ["tailscale-user-login", "x-forwarded-for", "x-original-url"]);

        Assert.Equal(passes, headers.ContainsKey(name));
    }

    [Fact]
    public void Headers_that_the_client_names_in_Connection_go_no_further_but_framing_stays()
    {
        var headers = new HeaderDictionary
        {
            ["Connection"] = "keep-alive, X-Hop, Host, Content-Length, Upgrade",
            ["X-Hop"] = "1",
            ["Host"] = "web",
            ["Content-Length"] = "3",
            ["Upgrade"] = "websocket",
        };

        ForgeableHeaders.Strip(headers);

        Assert.False(headers.ContainsKey("X-Hop"));
        Assert.True(headers.ContainsKey("Host") && headers.ContainsKey("Content-Length") && headers.ContainsKey("Upgrade"));
    }
}
