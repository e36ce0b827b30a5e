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
    public void Everything_else_stays(string name)
    {
        var headers = new HeaderDictionary { [name] = "kept" };

        ForgeableHeaders.Strip(headers);

        Assert.Equal("kept", headers[name]);
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
