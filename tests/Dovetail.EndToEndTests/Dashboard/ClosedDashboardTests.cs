using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Dashboard;

/// <summary>A dashboard that is for those alone who are named.</summary>
public sealed class ClosedDashboardTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task Without_a_word_about_who_may_see_it_dovetail_does_not_start()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_DASHBOARD"] = "home" });

        Assert.Equal(1, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        Assert.Contains("DOVETAIL_DASHBOARD=home: say who may see it: set DOVETAIL_DASHBOARD_ALLOW", daemon.Log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Only_those_named_see_anything_and_no_container_takes_its_place()
    {
        var daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["DOVETAIL_DASHBOARD"] = "home",
            ["DOVETAIL_DASHBOARD_ALLOW"] = "ada@example.com",
        });
        var impostor = await RunServiceAsync("home", "the impostor");
        var (ada, bob) = (await PeerAsync("ada@example.com"), await PeerAsync("bob@example.com"));
        await daemon.ServiceAsync("home", service => service.State == "Ready", "the dashboard to be ready");
        var status = await daemon.StatusAsync(status => status.Rejected.Count > 0, "the impostor to be refused");

        Assert.Equal(await impostor.NameAsync(Cancellation), status.Rejected[0].Container);
        using var seen = await ada.Http().GetAsync($"https://{ada.NameOf("home")}/status", Cancellation);
        var page = await seen.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, seen.StatusCode);
        Assert.Contains(status.Rejected[0].Container, page, StringComparison.Ordinal);
        Assert.DoesNotContain("the impostor", page, StringComparison.Ordinal);
        foreach (var path in (string[])["/", "/status", "/events?page=/", "/style.css"])
        {
            using var refused = await bob.Http().GetAsync($"https://{bob.NameOf("home")}{path}", Cancellation);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        var forget = await daemon.CommandAsync(["forget", "home", "--yes"], Cancellation);
        Assert.Equal(1, forget.ExitCode);
        Assert.Contains("DOVETAIL_DASHBOARD=home", forget.Stderr, StringComparison.Ordinal);
    }
}
