using System.Net;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>
/// The recipes below <c>examples/</c>: applications that go by what their proxy says, with the rules that their own documents give, behind
/// a listener.
/// </summary>
public sealed class ForwardedRecipesTests
{
    private const string Visitor = "203.0.113.9";
    private const string Peer = "100.64.0.7";
    private const string Public = "home.example.com";

    private static readonly IPAddress Dovetail = IPAddress.Loopback;

    // https://www.home-assistant.io/integrations/http/: without use_x_forwarded_for, and from others than trusted_proxies, such a request
    // is refused; the visitor is the last of the chain who is not trusted.
    [Theory]
    [InlineData("Set", null, "400")]
    [InlineData("Set", "192.0.2.1", "400")]
    [InlineData("Set", "dovetail", "200 100.64.0.7 https web.example.ts.net")]
    [InlineData("Off", null, "200 dovetail http web.example.ts.net")]
    [InlineData("Trust", "dovetail", "200 100.64.0.7 https home.example.com")]
    [InlineData("Trust", "dovetail,100.64.0.7", "200 203.0.113.9 https home.example.com")]
    public async Task Home_Assistant(string mode, string? trustedProxies, string expected)
    {
        var trusted = trustedProxies?.Replace("dovetail", Dovetail.ToString(), StringComparison.Ordinal).Split(',');

        Assert.Equal(expected, await AskAsync(mode, HttpMethod.Get, request =>
        {
            if (request.Headers["X-Forwarded-For"] is not [.., var sent])
            {
                return $"200 dovetail http {request.Host}";
            }

            if (trusted?.Contains(Dovetail.ToString()) != true || request.Headers["X-Forwarded-For"].Count != 1)
            {
                return "400";
            }

            var chain = sent!.Split(", ").Reverse().ToList();
            var visitor = chain.FirstOrDefault(address => !trusted.Contains(address)) ?? chain[^1];
            return $"200 {IPAddress.Parse(visitor)} {request.Headers["X-Forwarded-Proto"]} {request.Headers["X-Forwarded-Host"]}";
        }));
    }

    // Nextcloud's manual, "Reverse proxy": from trusted_proxies scheme, host and address are those of the headers, otherwise its own; a
    // host that is not among trusted_domains is refused.
    [Theory]
    [InlineData("Set", "", "web.example.ts.net", "http://web.example.ts.net dovetail")]
    [InlineData("Set", "dovetail", "web.example.ts.net", "https://web.example.ts.net 100.64.0.7")]
    [InlineData("Off", "dovetail", "web.example.ts.net", "http://web.example.ts.net dovetail")]
    [InlineData("Trust", "dovetail", "web.example.ts.net", "untrusted domain")]
    [InlineData("Trust", "dovetail,100.64.0.7", "web.example.ts.net,home.example.com", "https://home.example.com 203.0.113.9")]
    public async Task Nextcloud(string mode, string trustedProxies, string trustedDomains, string expected)
    {
        var trusted = trustedProxies.Replace("dovetail", Dovetail.ToString(), StringComparison.Ordinal).Split(',');

        Assert.Equal(expected, await AskAsync(mode, HttpMethod.Get, request =>
        {
            var headers = trusted.Contains(Dovetail.ToString()) ? request.Headers : new HeaderDictionary();
            var scheme = headers["X-Forwarded-Proto"].ToString() is { Length: > 0 } proto ? proto : "http";
            var host = headers["X-Forwarded-Host"].ToString() is { Length: > 0 } forwarded ? forwarded : request.Host.ToString();
            var visitor = headers["X-Forwarded-For"].ToString().Split(", ", StringSplitOptions.RemoveEmptyEntries)
                .LastOrDefault(address => !trusted.Contains(address)) ?? "dovetail";
            return trustedDomains.Split(',').Contains(host) ? $"{scheme}://{host} {visitor}" : "untrusted domain";
        }));
    }

    // Portainer 2.27.7 and newer (portainer/portainer#12690, #12748): a change is refused unless Origin is the scheme of
    // X-Forwarded-Proto, http without it, and Host, or its host is one of TRUSTED_ORIGINS.
    [Theory]
    [InlineData("Set", "https://web.example.ts.net", "", "done")]
    [InlineData("Off", "https://web.example.ts.net", "", "origin invalid")]
    [InlineData("Set", "https://evil.example", "", "origin invalid")]
    [InlineData("Trust", "https://home.example.com", "", "origin invalid")]
    [InlineData("Trust", "https://home.example.com", "home.example.com", "done")]
    public async Task Portainer(string mode, string origin, string trustedOrigins, string expected) => Assert.Equal(
        expected,
        await AskAsync(
            mode,
            HttpMethod.Post,
            request =>
            {
                var scheme = request.Headers["X-Forwarded-Proto"] == "https" ? "https" : "http";
                var sent = new Uri(request.Headers.Origin.ToString());
                return (sent.Scheme == scheme && sent.Authority == request.Host.ToString()) || trustedOrigins.Split(',').Contains(sent.Host)
                    ? "done"
                    : "origin invalid";
            },
            origin));

    /// <summary>Asks as the proxy in front does, which only <c>trust</c> believes.</summary>
    /// <returns>What the application makes of it.</returns>
    private static async Task<string> AskAsync(string mode, HttpMethod method, Func<HttpRequest, string> application, string? origin = null)
    {
        await using var upstream = await TestUpstream.StartAsync(
            context => context.Response.WriteAsync(application(context.Request), TestContext.Current.CancellationToken));
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream) with { Forwarded = Enum.Parse<ForwardedMode>(mode), ForwardedFrom = Rules.Of("tag:ci") },
            FakeDirectory.Knowing(FakeDirectory.Tagged));
        using var client = listener.Client();
        using var request = new HttpRequestMessage(method, "/");
        request.Headers.Add("X-Forwarded-For", Visitor);
        request.Headers.Add("X-Forwarded-Host", Public);
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("Origin", origin is null ? [] : [origin]);
        Assert.Equal(Peer, TestListener.Laptop.Address.ToString());

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
