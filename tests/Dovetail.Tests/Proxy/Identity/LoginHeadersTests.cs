using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Identity;

/// <summary>Applications that take their login from the headers of another proxy.</summary>
public sealed class LoginHeadersTests
{
    [Theory]
    [InlineData("RemoteUser", "Remote-User: ada@example.com", "Remote-Email: ada@example.com")]
    [InlineData("AuthRequest", "X-Auth-Request-User: ada@example.com", "X-Auth-Request-Email: ada@example.com")]
    [InlineData("WebAuth", "X-WEBAUTH-USER: ada@example.com", "X-WEBAUTH-EMAIL: ada@example.com")]
    public async Task They_get_the_visitors_whatever_the_visitor_sends(string family, params string[] expected)
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(upstream.Service with { LoginHeaders = Enum.Parse<LoginHeaders>(family) });
        await using var stream = await listener.ConnectTlsAsync();

        await RawHttp.ExchangeAsync(
            stream,
            "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nRemote-User: root\r\nREMOTE_USER: root\r\nX-WEBAUTH-USER: root\r\n"
                + "X_WebAuth_User: root\r\nX-Auth-Request-User: root\r\nX.Auth.Request.Email: root\r\n\r\n");

        var head = Assert.Single(upstream.Heads);
        Assert.All(expected, field => Assert.Contains($"\r\n{field}\r\n", head));
        Assert.DoesNotContain("root", head);
    }

    [Fact]
    public async Task Nobody_is_told_of_whom_nothing_is_known()
    {
        using var upstream = new RawUpstream(RawUpstream.Echo);
        await using var listener = await TestListener.StartAsync(
            upstream.Service with { LoginHeaders = LoginHeaders.RemoteUser }, FakeDirectory.Knowing(FakeDirectory.Tagged));
        await using var stream = await listener.ConnectTlsAsync();

        await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\nRemote-User: root\r\n\r\n");

        Assert.DoesNotContain("Remote-", Assert.Single(upstream.Heads));
    }
}
