using System.Diagnostics;
using System.Net;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Http;

/// <summary>Requests for a service whose container is asleep (<c>dovetail.sleep</c>).</summary>
public sealed class WakeTests
{
    private static readonly ServiceSpec Asleep = TestListener.Service() with
    {
        Hold = TimeSpan.Zero,
        Wake = TimeSpan.FromSeconds(30),
        Sleeping = [new SleepingContainer("app", "app")],
    };

    private readonly FakeUse _use = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_waits_with_its_body_and_counts_until_it_ends()
    {
        await using var listener = await TestListener.StartAsync(Asleep, uses: _use);
        using var client = listener.Client();
        var request = client.PostAsync("/", new StringContent("body"), Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1 && _use.Active == 1 && _use.Wakes > 0);

        await using var upstream = await TestUpstream.StartAsync(Echo.BodyAsync);
        await listener.UpdateAsync(TestListener.Service(upstream));

        using var response = await request;
        Assert.Equal("body", await response.Content.ReadAsStringAsync(Token));
        await Eventually.TrueAsync(() => _use.Active == 0);
    }

    [Theory]
    [InlineData("GET", "Sec-Fetch-Mode", "navigate", true)]
    [InlineData("HEAD", "Accept", "text/html", true)]
    [InlineData("GET", "Accept", "text/html,*/*;q=0.8", true)]
    [InlineData("GET", "Sec-Fetch-Mode", "cors", false)]
    [InlineData("GET", "Accept", "application/json", false)]
    [InlineData("POST", "Sec-Fetch-Mode", "navigate", false)]
    public async Task Only_who_opens_a_page_in_a_browser_is_given_one_to_wait_by(string method, string header, string value, bool isPage)
    {
        await using var listener = await TestListener.StartAsync(Asleep with { Wake = TimeSpan.FromSeconds(isPage ? 60 : 4) }, uses: _use);
        using var client = listener.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/") { Headers = { { header, value } } };
        if (header == "Sec-Fetch-Mode" && !isPage)
        {
            request.Headers.Add("Accept", "text/html");
        }

        var begun = Stopwatch.GetTimestamp();
        using var response = await client.SendAsync(request, Token);
        var text = await response.Content.ReadAsStringAsync(Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, isPage ? 1.9 : 3.9, 59);
        Assert.Equal(isPage, response.Headers.Contains("Refresh"));
        Assert.Equal(isPage && method == "GET", text.Contains("is being started", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task The_page_is_kept_by_no_cache_and_lets_nothing_run(string version)
    {
        await using var listener = await TestListener.StartAsync(Asleep, uses: _use);
        using var client = listener.Client(Version.Parse(version));
        client.DefaultRequestHeaders.Add("Accept", "text/html");

        using var response = await client.GetAsync("/", Token);

        Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        var page = await response.Content.ReadAsStringAsync(Token);
        var style = page[(page.IndexOf("<style>", StringComparison.Ordinal) + 7)..page.IndexOf("</style>", StringComparison.Ordinal)];
        var hash = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(style)));
        Assert.Contains($"'sha256-{hash}'", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_it_cannot_be_started_that_is_said_at_once()
    {
        _use.Woken = Task.FromResult(false);
        await using var listener = await TestListener.StartAsync(Asleep, uses: _use);
        using var client = listener.Client();

        using var response = await client.GetAsync("/", Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("could not be started", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_goes_to_a_container_that_is_being_stopped()
    {
        var stopped = new TaskCompletionSource();
        var asked = 0;
        await using var upstream = await TestUpstream.StartAsync(context => Echo.BodyAsync(Counted(context, ref asked)));
        _use.Closing = stopped.Task;
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), uses: _use);
        using var client = listener.Client();
        var request = client.GetAsync("/", Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);
        Assert.Equal(0, asked);

        _use.Closing = null;
        stopped.SetResult();

        using var response = await request;
        Assert.Equal((HttpStatusCode.OK, 1), (response.StatusCode, asked));
    }

    [Fact]
    public async Task One_that_was_just_started_is_asked_when_it_says_that_it_is_healthy()
    {
        var asked = 0;
        await using var upstream = await TestUpstream.StartAsync(context => Echo.BodyAsync(Counted(context, ref asked)));
        _use.IsWaking = true;
        var service = TestListener.Service(upstream) with { Hold = TimeSpan.Zero };
        var starting = service with { Upstreams = [upstream.Upstream with { Health = UpstreamHealth.Starting }] };
        await using var listener = await TestListener.StartAsync(starting, uses: _use);
        using var client = listener.Client();
        var request = client.GetAsync("/", Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);
        Assert.Equal(0, asked);

        await listener.UpdateAsync(service with { Upstreams = [upstream.Upstream with { Health = UpstreamHealth.Healthy }] });

        using var response = await request;
        Assert.Equal((HttpStatusCode.OK, 1), (response.StatusCode, asked));
    }

    [Fact]
    public async Task That_one_does_not_listen_yet_is_no_news_while_it_starts()
    {
        var starting = await TestUpstream.GoneAsync("app");
        _use.IsWaking = true;
        await using var listener = await TestListener.StartAsync(Asleep with { Sleeping = [], Upstreams = [starting] }, uses: _use);
        using var client = listener.Client();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var request = client.GetAsync("/", leaving.Token);
        await Eventually.TrueAsync(() => listener.Metrics.HeldRequests == 1);
        Assert.Empty(listener.Listener.FailingUpstreams.Current);

        // It never did.
        _use.IsWaking = false;
        await Eventually.TrueAsync(() => listener.Listener.FailingUpstreams.Current.Length == 1);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
    }

    private static Microsoft.AspNetCore.Http.HttpContext Counted(Microsoft.AspNetCore.Http.HttpContext context, ref int count)
    {
        Interlocked.Increment(ref count);
        return context;
    }
}
