using System.Net;
using System.Text.RegularExpressions;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Dashboard;

/// <summary>The dashboard as peers see it.</summary>
[Collection(DashboardTestsOfOneStage.Collection)]
public sealed partial class DashboardTests(DashboardFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Each_peer_sees_what_is_theirs()
    {
        foreach (var (peer, isViewer, isAdmin) in ((TailnetPeer, bool, bool)[])[(fixture.Ada, true, true), (fixture.Bob, true, false), (fixture.Eve, false, false)])
        {
            var start = await GetAsync(peer, "/");
            Assert.Contains($"href=\"https://{peer.NameOf(DashboardFixture.Web)}\"", start.Text, StringComparison.Ordinal);
            Assert.Equal(peer == fixture.Bob, start.Text.Contains(DashboardFixture.ForBob, StringComparison.Ordinal));
            Assert.Equal(isViewer, start.Text.Contains("href=\"/status\"", StringComparison.Ordinal));

            foreach (var path in (string[])["/status", $"/services/{DashboardFixture.Web}", "/events?page=/status"])
            {
                if (!path.StartsWith("/events", StringComparison.Ordinal) || !isViewer)
                {
                    Assert.Equal((path, isViewer ? HttpStatusCode.OK : HttpStatusCode.Forbidden), (path, (await GetAsync(peer, path)).Status));
                }
            }

            var service = await GetAsync(peer, $"/services/{DashboardFixture.Web}");
            Assert.Equal(isAdmin, service.Text.Contains("<form", StringComparison.Ordinal));
            Assert.Equal(isViewer, service.Text.Contains(fixture.Container.HostName, StringComparison.Ordinal)
                || service.Text.Contains(await fixture.Container.NameAsync(Token), StringComparison.Ordinal));
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task The_status_shows_what_the_command_shows_and_counts_requests()
    {
        for (var request = 0; request < 3; request++)
        {
            using var answer = await fixture.Ada.Http().GetAsync($"https://{fixture.Ada.NameOf(DashboardFixture.Web)}/", Token);
            answer.EnsureSuccessStatusCode();
        }

        var known = await fixture.Daemon.ReadyAsync(DashboardFixture.Web);
        var page = await Eventually.GetAsync(
            _ => GetAsync(fixture.Bob, $"/services/{DashboardFixture.Web}"),
            page => Requests().Match(page.Text) is { Success: true } match && int.Parse(match.Groups[1].Value, null) >= 3,
            "three requests to be counted");

        Assert.Contains(known.Upstreams[0].Address, page.Text, StringComparison.Ordinal);
        Assert.Contains(known.Certificate!.Name, page.Text, StringComparison.Ordinal);
        Assert.Contains($"process {known.Tailscaled!.Pid}", page.Text.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("<pre id=\"log\"", page.Text, StringComparison.Ordinal);
        var own = await fixture.Daemon.ServiceAsync(DashboardFixture.Name, _ => true, "the dashboard");
        Assert.Empty(own.Conditions);
    }

    [Fact(Timeout = 300_000)]
    public async Task Whatever_a_stranger_writes_is_text()
    {
        foreach (var path in (string[])["/status", $"/services/{DashboardFixture.Web}"])
        {
            // The label on the one page, the line of the log on the other.
            var page = await Eventually.GetAsync(
                _ => GetAsync(fixture.Ada, path), page => page.Text.Contains("&lt;img src=x", StringComparison.Ordinal), "the attack as text");
            Assert.DoesNotContain("<img", page.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("<script>", page.Text, StringComparison.Ordinal);
        }

        var start = await GetAsync(fixture.Eve, "/");
        Assert.DoesNotContain("<img", start.Text, StringComparison.Ordinal);
        Assert.Contains("@evil.example</p>", start.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Only_an_admin_restarts_a_service_and_no_other_site_does_in_an_admins_name()
    {
        var path = $"/services/{DashboardFixture.Web}";
        var before = await fixture.Daemon.ReadyAsync(DashboardFixture.Web);
        var token = TokenField().Match((await GetAsync(fixture.Ada, path)).Text).Groups[1].Value;
        Assert.NotEqual("", token);

        Assert.Equal(HttpStatusCode.Forbidden, await OrderAsync(fixture.Bob, token, DashboardFixture.UrlFor(fixture.Bob)[..^1]));
        Assert.Equal(HttpStatusCode.Forbidden, await OrderAsync(fixture.Eve, token, DashboardFixture.UrlFor(fixture.Eve)[..^1]));
        Assert.Equal(HttpStatusCode.Forbidden, await OrderAsync(fixture.Ada, token, $"https://{fixture.Ada.NameOf(DashboardFixture.Web)}"));
        Assert.Equal(HttpStatusCode.Forbidden, await OrderAsync(fixture.Ada, "guessed", DashboardFixture.UrlFor(fixture.Ada)[..^1]));
        var still = await fixture.Daemon.ReadyAsync(DashboardFixture.Web);
        Assert.Equal(before.Tailscaled!.Pid, still.Tailscaled!.Pid);

        Assert.Equal(HttpStatusCode.SeeOther, await OrderAsync(fixture.Ada, token, DashboardFixture.UrlFor(fixture.Ada)[..^1]));

        var after = await fixture.Daemon.ServiceAsync(
            DashboardFixture.Web, service => service.State == "Ready" && service.Tailscaled?.Pid != before.Tailscaled.Pid, "another tailscaled");
        Assert.Equal(before.Addresses, after.Addresses);
        Assert.Contains($"{DashboardFixture.Web}: {fixture.Ada.Login} restarts it", fixture.Daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task An_open_page_is_told_of_a_service_that_comes()
    {
        using var response = await fixture.Bob.Http().GetAsync(
            DashboardFixture.UrlFor(fixture.Bob, "/events?page=/"), HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        await ReadUntilAsync(reader, line => line.Contains($"service-{DashboardFixture.Web}", StringComparison.Ordinal));

        await using var late = await fixture.RunAsync("late");

        await ReadUntilAsync(reader, line => line.Contains("service-late", StringComparison.Ordinal));
    }

    private static async Task ReadUntilAsync(StreamReader reader, Func<string, bool> found)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(Eventually.Deadline);
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
        {
            if (found(line))
            {
                return;
            }
        }

        Assert.Fail("The stream has ended.");
    }

    private static async Task<HttpStatusCode> OrderAsync(TailnetPeer peer, string token, string origin)
    {
        using var order = new HttpRequestMessage(HttpMethod.Post, DashboardFixture.UrlFor(peer, $"/services/{DashboardFixture.Web}/restart"))
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("token", token)]),
            Headers = { { "Origin", origin } },
        };
        using var response = await peer.Http().SendAsync(order, Token);
        return response.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, string Text)> GetAsync(TailnetPeer peer, string path)
    {
        using var response = await peer.Http().GetAsync(DashboardFixture.UrlFor(peer, path), Token);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Token));
    }

    [GeneratedRegex("name=\"token\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();

    [GeneratedRegex("(\\d+) in the last minute")]
    private static partial Regex Requests();
}
