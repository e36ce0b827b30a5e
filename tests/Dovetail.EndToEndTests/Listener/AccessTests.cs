using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary><c>dovetail.allow</c> through real peers.</summary>
[Collection(ListenerTests.Name)]
public sealed class AccessTests(ListenerFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("open", true, true, true)]
    [InlineData("blind", true, true, true)]
    [InlineData("for-login", true, false, false)]
    [InlineData("for-domain", false, true, false)]
    [InlineData("for-devices", false, false, true)]
    [InlineData("for-capability", false, true, false)]
    [InlineData("blind-for-all", false, false, false)]
    public async Task A_service_lets_in_whom_its_label_names_and_nobody_while_whois_is_down(
        string service, bool alice, bool bob, bool tagged)
    {
        fixture.Need(service);
        foreach (var (peer, allowed) in ((TailnetPeer, bool)[])[(fixture.Alice, alice), (fixture.Bob, bob), (fixture.Tagged, tagged)])
        {
            foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
            {
                var before = fixture.Upstream.Requests.Count;
                using var request =
                    new HttpRequestMessage(HttpMethod.Get, $"https://{peer.NameOf(service)}/private?token=secret") { Version = version };
                request.Headers.Add("Tailscale-User-Login", ListenerFixture.AllowedLogin);

                using var response = await peer.Http(version).SendAsync(request, Token);

                Assert.True(
                    (allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden) == response.StatusCode,
                    $"{service} answers {peer.Login} {response.StatusCode}");
                Assert.Equal(allowed ? 1 : 0, fixture.Upstream.Requests.Count - before);
                if (!allowed)
                {
                    AssertSaysNothing(await response.Content.ReadAsStringAsync(Token), service);
                }
            }
        }
    }

    [Theory(Timeout = 300_000)]
    [InlineData("for-login")]
    [InlineData("blind-for-all")]
    public async Task Who_is_not_let_in_learns_no_more_on_port_80(string service)
    {
        fixture.Need(service);
        var before = fixture.Upstream.Requests.Count;
        var peer = fixture.Tagged;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{peer.NameOf(service)}/a?b=c");
        request.Headers.Host = service;

        using var response = await peer.Http(connectTo: peer.NameOf(service)).SendAsync(request, Token);

        // Where to go is the full name, and nothing else is said.
        Assert.Equal(HttpStatusCode.PermanentRedirect, response.StatusCode);
        Assert.Equal($"https://{peer.NameOf(service)}/a?b=c", response.Headers.Location!.OriginalString);
        Assert.Equal("", await response.Content.ReadAsStringAsync(Token));
        Assert.Equal(
            ["Content-Length", "Date", "Location"],
            response.Headers.Concat(response.Content.Headers).Select(header => header.Key).Order(StringComparer.Ordinal));
        Assert.Equal(before, fixture.Upstream.Requests.Count);
    }

    /// <summary>The page names the service and the reason, and nothing of what is behind it or of who else may come.</summary>
    private void AssertSaysNothing(string page, string service)
    {
        Assert.Contains($"{service}: ", page, StringComparison.Ordinal);
        Assert.All(
            (string[])[
                "127.0.0.1", $"{fixture.Upstream.Port}", fixture.Container.HostName, "tag:", "cap:", "@", "whois", "secret", "private"],
            word => Assert.DoesNotContain(word, page, StringComparison.OrdinalIgnoreCase));
    }
}
