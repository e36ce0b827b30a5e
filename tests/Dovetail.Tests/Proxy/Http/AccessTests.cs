using System.Net;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Http;

public sealed class AccessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("user", "ada@example.com", 200)]
    [InlineData("user", "*@example.com", 200)]
    [InlineData("user", "bob@example.com", 403)]
    [InlineData("tagged", "tag:ci", 200)]
    [InlineData("tagged", "*@example.com", 403)]
    [InlineData("unknown", "*@example.com", 403)]
    [InlineData("down", "*@example.com", 403)]
    public async Task Only_those_on_the_list_reach_the_container(string peer, string rule, int status)
    {
        var reached = 0;
        await using var upstream = await TestUpstream.StartAsync(_ =>
        {
            Interlocked.Increment(ref reached);
            return Task.CompletedTask;
        });
        var directory = peer switch
        {
            "user" => FakeDirectory.Knowing(FakeDirectory.Ada),
            "tagged" => FakeDirectory.Knowing(FakeDirectory.Tagged),
            "unknown" => FakeDirectory.Knowing(null),
            _ => FakeDirectory.Down(),
        };
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream) with { Allow = Rules.Of(rule) }, directory);
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 200 ? 1 : 0, reached);
        Assert.Equal(status == 200 ? 0 : 1, listener.Metrics.DeniedRequests);
    }

    [Fact]
    public async Task A_list_that_changes_holds_for_the_next_request_of_an_open_connection()
    {
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(HttpVersion.Version20);
        using var before = await client.GetAsync("/", Token);

        await listener.UpdateAsync(TestListener.Service(upstream) with { Allow = Rules.Of("bob@example.com") });
        using var after = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, after.StatusCode);
    }

    [Fact]
    public async Task A_peer_that_loses_its_login_is_kept_out_once_the_cache_has_expired()
    {
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask);
        var time = new FakeTimeProvider();
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream) with { Allow = Rules.Of("ada@example.com") }, time: time);
        using var client = listener.Client();
        using var before = await client.GetAsync("/", Token);
        listener.Directory.Answer = (_, _) => Task.FromResult<Peer?>(null);
        time.Advance(new ListenerOptions().PeerCacheTime);

        using var after = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, after.StatusCode);
    }

    [Fact]
    public async Task The_page_names_the_service_and_is_html_for_browsers_only()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Allow = Rules.Of("bob@example.com") });
        using var client = listener.Client();
        using var browser = new HttpRequestMessage(HttpMethod.Get, "/")
        {
            Headers = { { "Accept", "text/html,application/xhtml+xml,*/*;q=0.8" } },
        };
        using var tool = new HttpRequestMessage(HttpMethod.Head, "/") { Headers = { { "Accept", "*/*" } } };

        using var html = await client.SendAsync(browser, Token);
        using var text = await client.SendAsync(tool, Token);

        Assert.Equal("text/html", html.Content.Headers.ContentType!.MediaType);
        Assert.Contains("<h1>web</h1>", await html.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal("text/plain", text.Content.Headers.ContentType!.MediaType);
        Assert.True(html.Headers.CacheControl!.NoStore);
    }
}
