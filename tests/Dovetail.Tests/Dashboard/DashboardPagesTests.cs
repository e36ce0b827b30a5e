using System.Net;
using System.Text.RegularExpressions;
using Dovetail.Admin;
using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Dovetail.Tests.Reconciliation;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Dashboard;

/// <summary>The dashboard behind a listener, with peers as the test says.</summary>
public sealed partial class DashboardPagesTests : ReconcilerTest
{
    private const string Origin = $"https://{TestListener.HostName}";

    // Ada gives orders, Bob looks, and everybody has the start page.
    private static readonly DashboardOptions Options =
        VisitorTests.Options("ada@example.com,bob@example.com", true, "ada@example.com");

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<ProxyMetrics>().BuildServiceProvider();
    private readonly FakeLogger<DashboardPages> _log = new();
    private readonly DockerClient _docker = new(DockerEndpoint.Default, TimeProvider.System);
    private readonly RequestCounts _counts;
    private readonly DashboardPages _pages;

    public DashboardPagesTests()
        : base(new ServiceOptions { Own = Options.ToService(new ServiceOptions()) })
    {
        _counts = new RequestCounts(_services.GetRequiredService<ProxyMetrics>(), TimeProvider.System);
        var watcher = new DockerWatcher(
            _docker, new DockerWatcherOptions { LabelPrefix = "dovetail" }, TimeProvider.System, new Random(1), NullLogger<DockerWatcher>.Instance);
        var orders = new OrderCheck();
        var admin = new AdminOptions("/run/dovetail", "unix:///x", Resync);
        var view = new DashboardView(Reconciler, watcher, admin, Options, _counts, orders, TimeProvider.System);
        _pages = new DashboardPages(view, new EventStreams(view, TimeProvider.System), orders, Options, Reconciler, TimeProvider.System, _log);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _counts.Dispose();
        _docker.Dispose();
        await _services.DisposeAsync();
    }

    [Theory]
    [InlineData("ada", "/status", 200)]
    [InlineData("bob", "/services/web", 200)]
    [InlineData("bob", "/services/none", 404)]
    [InlineData("bob", "/services/", 404)]
    [InlineData("bob", "/%2e%2e/etc", 404)]
    [InlineData("eve", "/", 200)]
    [InlineData("eve", "/style.css", 200)]
    [InlineData("eve", "/status", 403)]
    [InlineData("eve", "/services/web", 403)]
    [InlineData("eve", "/services/none", 403)]
    [InlineData("eve", "/events?page=/status", 403)]
    [InlineData("eve", "/events?page=/services/web", 403)]
    [InlineData("down", "/status", 403)]
    [InlineData("unknown", "/status", 403)]
    public async Task Every_page_is_for_whom_it_is_and_none_may_load_or_be_framed(string peer, string path, int status)
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync(peer);
        using var client = listener.Client();

        using var response = await client.GetAsync(path, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal(["same-origin"], response.Headers.GetValues("Referrer-Policy"));
        if (status == 403)
        {
            Assert.DoesNotContain("web-1", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("eve")]
    [InlineData("down")]
    [InlineData("unknown")]
    public async Task Where_only_those_named_are_let_in_nothing_is_answered_to_others(string peer)
    {
        await StartWithWebAsync();
        var closed = VisitorTests.Options("ada@example.com", false, "").ToService(new ServiceOptions());
        await using var listener = await ListenAsync(peer, closed);
        using var client = listener.Client();

        foreach (var path in (string[])["/", "/status", "/style.css", "/events?page=/"])
        {
            using var response = await client.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            // The listener's page: the dashboard has not been asked.
            Assert.False(response.Headers.Contains("Content-Security-Policy"));
        }
    }

    [Fact]
    public async Task An_admin_restarts_a_service_with_the_button_of_its_page()
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("ada");
        using var client = listener.Client();
        var token = TokenIn(await client.GetStringAsync("/services/web", Cancellation));

        using var response = await client.SendAsync(Order(token), Cancellation);

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal("/services/web?restarted", response.Headers.Location!.OriginalString);
        Assert.True(Journal.Has("web: restart"));
        Assert.Contains("web: ada@example.com restarts it", _log.LatestRecord.Message, StringComparison.Ordinal);
        Assert.Contains("is started anew", await client.GetStringAsync("/services/web?restarted", Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no origin")]
    [InlineData("another origin")]
    [InlineData("null origin")]
    [InlineData("another scheme")]
    [InlineData("another port")]
    [InlineData("same site")]
    [InlineData("cross site")]
    [InlineData("no token")]
    [InlineData("wrong token")]
    [InlineData("token of another service")]
    [InlineData("token twice")]
    [InlineData("token in the query")]
    [InlineData("another type")]
    [InlineData("too long")]
    public async Task An_order_that_the_admin_did_not_give_is_refused(string how)
    {
        await StartWithWebAsync();
        List(Container("web"), Container("blog"));
        await HasAsync("blog: begun");
        await using var listener = await ListenAsync("ada");
        using var client = listener.Client();
        var token = TokenIn(await client.GetStringAsync("/services/web", Cancellation));
        var other = TokenIn(await client.GetStringAsync("/services/blog", Cancellation));
        using var order = how switch
        {
            "no origin" => Order(token, origin: null),
            "another origin" => Order(token, origin: "https://evil.example.ts.net"),
            "null origin" => Order(token, origin: "null"),
            "another scheme" => Order(token, origin: $"http://{TestListener.HostName}"),
            "another port" => Order(token, origin: $"{Origin}:8443"),
            "same site" => Order(token, site: "same-site"),
            "cross site" => Order(token, site: "cross-site"),
            "no token" => Order(""),
            "wrong token" => Order("x" + token[1..]),
            "token of another service" => Order(other),
            "token twice" => Order($"{token}&token={token}"),
            "token in the query" => Order("", path: $"/services/web/restart?token={token}"),
            "another type" => Order(token, type: "text/plain"),
            _ => Order($"{token}&x={new string('x', 5000)}"),
        };

        using var response = await client.SendAsync(order, Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(Journal.Has("web: restart"));
    }

    [Theory]
    [InlineData("bob")]
    [InlineData("eve")]
    [InlineData("unknown")]
    public async Task Who_is_no_admin_gives_no_order_even_with_the_token_of_one(string peer)
    {
        await StartWithWebAsync();
        string token;
        await using (var ada = await ListenAsync("ada"))
        {
            using var adas = ada.Client();
            token = TokenIn(await adas.GetStringAsync("/services/web", Cancellation));
        }

        await using var listener = await ListenAsync(peer);
        using var client = listener.Client();
        using var page = await client.GetAsync("/services/web", Cancellation);
        Assert.DoesNotContain("<form", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);

        using var response = await client.SendAsync(Order(token), Cancellation);

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(Journal.Has("web: restart"));
    }

    [Theory]
    [InlineData("GET", "/services/web/restart", 404)]
    [InlineData("POST", "/services/web", 405)]
    [InlineData("POST", "/", 405)]
    [InlineData("DELETE", "/services/web", 405)]
    [InlineData("HEAD", "/status", 200)]
    [InlineData("HEAD", "/events?page=/status", 200)]
    public async Task Pages_are_only_read(string method, string path, int status)
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("ada");
        using var client = listener.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await client.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 405, response.Content.Headers.Allow.Count > 0);
        Assert.False(Journal.Has("web: restart"));
    }

    [Fact]
    public async Task The_dashboard_does_not_cut_off_its_own_answer()
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("ada");
        using var client = listener.Client();

        Assert.DoesNotContain("<form", await client.GetStringAsync("/services/home", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_asset_that_is_there_already_is_not_sent_again()
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("eve");
        using var client = listener.Client();
        using var first = await client.GetAsync("/script.js", Cancellation);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/script.js") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };

        using var second = await client.SendAsync(again, Cancellation);

        Assert.Equal("text/javascript", first.Content.Headers.ContentType!.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_page_that_is_open_is_told_what_changes_until_the_listener_stops(string version)
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("bob");
        using var client = listener.Client(Version.Parse(version));
        using var response = await client.GetAsync("/events?page=/status", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        var first = await EventAsync(reader);
        List(Container("web"), Container("blog"));
        var second = first;
        while (!second.Contains("service-blog", StringComparison.Ordinal))
        {
            second = await EventAsync(reader);
        }

        Assert.Contains("service-web", first, StringComparison.Ordinal);
        Assert.DoesNotContain("service-blog", first, StringComparison.Ordinal);
        await listener.Listener.StopAsync(TimeSpan.FromSeconds(30)).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
    }

    [Fact]
    public async Task One_visitor_follows_so_many_pages_at_a_time_and_keeps_nobody_out()
    {
        await StartWithWebAsync();
        await using var listener = await ListenAsync("bob");
        using var client = listener.Client(HttpVersion.Version20);
        var open = new List<HttpResponseMessage>();
        for (var stream = 0; stream < EventStreams.MaxOfVisitor; stream++)
        {
            open.Add(await client.GetAsync("/events?page=/status", HttpCompletionOption.ResponseHeadersRead, Cancellation));
        }

        using var refused = await client.GetAsync("/events?page=/status", Cancellation);
        await using var ofAda = await ListenAsync("ada");
        using var ada = ofAda.Client();
        using var other = await ada.GetAsync("/events?page=/status", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        open.ForEach(response => response.Dispose());

        Assert.All(open, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        await Eventually.GetAsync(
            async token =>
            {
                using var next = await client.GetAsync("/events?page=/status", HttpCompletionOption.ResponseHeadersRead, token);
                return next.StatusCode;
            },
            status => status == HttpStatusCode.OK,
            "a place that has become free");
    }

    private static HttpRequestMessage Order(
        string token, string? origin = Origin, string? site = "same-origin", string type = "application/x-www-form-urlencoded",
        string path = "/services/web/restart")
    {
        var order = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent($"token={token}") };
        order.Content.Headers.ContentType = new(type);
        if (origin is not null)
        {
            order.Headers.Add("Origin", origin);
        }

        if (site is not null)
        {
            order.Headers.Add("Sec-Fetch-Site", site);
        }

        return order;
    }

    private static string TokenIn(string page) => TokenField().Match(page).Groups[1].Value is { Length: > 30 } token
        ? token
        : throw new InvalidOperationException($"There is no token in {page}");

    private static async Task<string> EventAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (await reader.ReadLineAsync(Cancellation) is { } line)
        {
            if (line.Length == 0 && lines.Contains("event: main"))
            {
                return string.Join('\n', lines);
            }

            lines.Add(line);
        }

        throw new InvalidOperationException("The stream has ended.");
    }

    private async Task StartWithWebAsync()
    {
        await StartAsync(Container("web"));
        await HasAsync("web: begun");
    }

    private Task<TestListener> ListenAsync(string peer, ServiceSpec? service = null)
    {
        var directory = peer switch
        {
            "ada" => FakeDirectory.Knowing(FakeDirectory.Ada),
            "unknown" => FakeDirectory.Knowing(null),
            "down" => FakeDirectory.Down(),
            _ => FakeDirectory.Knowing(FakeDirectory.Ada with { User = new PeerUser($"{peer}@example.com", peer, "", "") }),
        };
        return TestListener.StartAsync(service ?? Options.ToService(new ServiceOptions()), directory, own: _pages);
    }

    [GeneratedRegex("name=\"token\" value=\"([^\"]+)\"")]
    private static partial Regex TokenField();
}
