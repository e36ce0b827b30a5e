using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Dashboard;

/// <summary>The dashboard in a real browser. An error of a script, or of the content security policy, fails each of these.</summary>
[Collection(DashboardTestsOfOneStage.Collection)]
public sealed class BrowserTests(DashboardFixture fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData(360, false)]
    [InlineData(360, true)]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    public async Task Every_page_fits_the_screen_and_follows_the_choice_of_light_or_dark(int width, bool isDark)
    {
        await using var browser = await Browser.StartAsync(fixture.Ada, fixture.Directory, Token);
        await browser.SetScreenAsync(width, isDark);
        foreach (var (name, path) in ((string, string)[])
            [("start", "/"), ("status", "/status"), ("service", $"/services/{DashboardFixture.Web}"), ("long", $"/services/{DashboardFixture.LongName}")])
        {
            await browser.GoAsync(DashboardFixture.UrlFor(fixture.Ada, path));
            await browser.UntilAsync("document.getElementById('live').textContent === 'Live.'");

            Assert.Equal((path, "true"), (path, await browser.EvaluateAsync($"document.documentElement.scrollWidth <= {width}")));
            var brightness = await browser.EvaluateAsync("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]");
            Assert.Equal((path, isDark), (path, int.Parse(brightness, CultureInfo.InvariantCulture) < 128));
            // Where a finger has to hit.
            var small = await browser.EvaluateAsync(
                "[...document.querySelectorAll('nav a, button')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 40).length");
            Assert.Equal((path, "0"), (path, small));
            Assert.Equal((path, "not owned"), (path, await TitleAsync(browser)));
            await LeaveAsync($"{name}-{width}-{(isDark ? "dark" : "light")}.png", await browser.ScreenshotAsync());
        }

        Assert.True(browser.Errors.Count == 0, string.Join("\n", browser.Errors));
    }

    [Fact(Timeout = 300_000)]
    public async Task Everything_is_done_by_the_keyboard()
    {
        var before = await fixture.Daemon.ReadyAsync(DashboardFixture.Web);
        await using var browser = await Browser.StartAsync(fixture.Ada, fixture.Directory, Token);
        await browser.GoAsync(DashboardFixture.UrlFor(fixture.Ada));

        // 1. The first stop leads past the navigation.
        await browser.PressAsync("Tab");
        Assert.Equal("skip", await browser.EvaluateAsync("document.activeElement.className"));
        Assert.Equal("true", await browser.EvaluateAsync("document.activeElement.getBoundingClientRect().left >= 0"));
        await browser.PressAsync("Enter");
        await browser.TabToAsync($"link-{DashboardFixture.Web}");
        Assert.NotEqual("none", await browser.EvaluateAsync("getComputedStyle(document.activeElement).outlineStyle"));

        // 2. From all services to one.
        await browser.GoAsync(DashboardFixture.UrlFor(fixture.Ada, "/status"));
        await browser.TabToAsync($"more-{DashboardFixture.Web}");
        await browser.PressAsync("Enter");
        await browser.UntilAsync($"location.pathname === '/services/{DashboardFixture.Web}' && document.readyState === 'complete'");

        // 3. The log can be scrolled to, and the order is given on purpose only.
        await browser.TabToAsync("log");
        await browser.EvaluateAsync("document.querySelector('#restart summary').focus()");
        Assert.Equal("false", await browser.EvaluateAsync("document.getElementById('restart-now').checkVisibility()"));
        await browser.PressAsync("Enter");
        await browser.UntilAsync("document.getElementById('restart').open");
        await browser.PressAsync("Tab");
        await LeaveAsync("restart.png", await browser.ScreenshotAsync());
        Assert.Equal("restart-now", await browser.EvaluateAsync("document.activeElement.id"));
        await browser.PressAsync("Enter");

        await browser.UntilAsync("location.search === '?restarted' && document.getElementById('done') !== null");
        await fixture.Daemon.ServiceAsync(
            DashboardFixture.Web, service => service.State == "Ready" && service.Tailscaled?.Pid != before.Tailscaled!.Pid, "another tailscaled");
        // The page follows, and keeps what it said about the order.
        await browser.UntilAsync("document.querySelector('.state').textContent.startsWith('Ready') && document.getElementById('done') !== null");
        Assert.True(browser.Errors.Count == 0, string.Join("\n", browser.Errors));
    }

    [Fact(Timeout = 300_000)]
    public async Task A_page_that_is_open_changes_where_it_must_and_keeps_the_focus()
    {
        await using var browser = await Browser.StartAsync(fixture.Bob, fixture.Directory, Token);
        await browser.GoAsync(DashboardFixture.UrlFor(fixture.Bob, "/status"));
        await browser.EvaluateAsync("window.notReloaded = true");
        await browser.TabToAsync($"more-{DashboardFixture.Web}");

        await using (await fixture.RunAsync("album"))
        {
            await browser.UntilAsync("document.getElementById('service-album') !== null");
            await browser.UntilAsync("document.querySelector('#service-album .state').textContent.startsWith('Ready')");
        }

        await browser.UntilAsync("document.querySelector('#service-album .notice strong')?.textContent === 'Problem:'");
        await LeaveAsync("problem.png", await browser.ScreenshotAsync());
        Assert.Equal($"more-{DashboardFixture.Web}", await browser.EvaluateAsync("document.activeElement.id"));
        Assert.Equal("true", await browser.EvaluateAsync("window.notReloaded"));
        Assert.Equal("not owned", await TitleAsync(browser));
        Assert.True(browser.Errors.Count == 0, string.Join("\n", browser.Errors));
    }

    [Fact(Timeout = 300_000)]
    public async Task It_works_without_a_script_and_runs_none_of_a_stranger()
    {
        await using var browser = await Browser.StartAsync(fixture.Eve, fixture.Directory, Token);
        await browser.GoAsync(DashboardFixture.UrlFor(fixture.Eve));
        await browser.UntilAsync("document.getElementById('live').textContent === 'Live.'");
        Assert.Equal("not owned", await TitleAsync(browser));
        Assert.Equal("true", await browser.EvaluateAsync("document.querySelector('.who').textContent.includes('onerror')"));
        Assert.Equal("0", await browser.EvaluateAsync("document.querySelectorAll('img, .who *').length"));

        await browser.AllowScriptsAsync(false);
        await browser.GoAsync(DashboardFixture.UrlFor(fixture.Eve, "/?again"));

        Assert.Contains("reload the page", await browser.EvaluateAsync("document.getElementById('live').textContent"), StringComparison.Ordinal);
        Assert.Equal(
            $"https://{fixture.Eve.NameOf(DashboardFixture.Web)}/",
            await browser.EvaluateAsync($"document.getElementById('link-{DashboardFixture.Web}').href"));
        Assert.True(browser.Errors.Count == 0, string.Join("\n", browser.Errors));
    }

    private static async Task<string> TitleAsync(Browser browser)
    {
        var title = await browser.EvaluateAsync("document.title");
        return title.EndsWith("– Dovetail", StringComparison.Ordinal) ? "not owned" : title;
    }

    private static async Task LeaveAsync(string name, byte[] png)
    {
        Assert.Equal("PNG"u8.ToArray(), png[1..4]);
        if (TestSettings.Screenshots is { } directory)
        {
            await File.WriteAllBytesAsync(Path.Combine(Directory.CreateDirectory(directory).FullName, name), png, Token);
        }
    }
}
