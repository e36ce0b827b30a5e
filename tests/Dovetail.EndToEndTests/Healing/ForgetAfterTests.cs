using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>
/// <c>DOVETAIL_FORGET_AFTER</c>: an hour is the least, so each test writes down that this much has been seen, as an earlier daemon would.
/// </summary>
public sealed class ForgetAfterTests(Engine engine) : EndToEndTest(engine)
{
    private static readonly Dictionary<string, string?> Settings = new()
    {
        ["DOVETAIL_FORGET_AFTER"] = "1h",
        ["DOVETAIL_GRACE"] = "1s",
        ["DOVETAIL_RESYNC"] = "1s",
        ["FAKE_TAILSCALE_LOGOUT_TIMEOUT_MS"] = "2000",
    };

    [Fact(Timeout = 300_000)]
    public async Task The_machine_that_no_container_wants_is_logged_out_and_no_other()
    {
        var peer = await PeerAsync();
        var daemon = StartDaemon(Settings);
        var removed = await RunServiceAsync("old");
        var stopped = await RunServiceAsync("asleep");
        var mistaken = await RunServiceAsync("mistaken");
        await RunServiceAsync("web");
        foreach (var service in (string[])["old", "asleep", "mistaken", "web"])
        {
            await daemon.ReadyAsync(service);
        }

        await removed.RemoveAsync(Cancellation);
        await stopped.StopAsync(Cancellation);
        await mistaken.RemoveAsync(Cancellation);
        await RunContainerAsync(new Dictionary<string, string> { ["name"] = "mistaken", ["port"] = "http" });
        var status = await daemon.StatusAsync(status => status.Unwanted is [{ Name: "old" }], "old to be unwanted, and nothing else");
        Assert.InRange(
            status.Unwanted![0].ForgottenAt - TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(55), TimeSpan.FromMinutes(60));
        Assert.Contains(
            "old: no container wants it; unless one does, its machine is logged out and its state removed in 1 h",
            daemon.Log,
            StringComparison.Ordinal);
        var table = (await daemon.CommandAsync(["status"], Cancellation)).MustSucceed().Stdout;
        Assert.Matches("old: no container wants it; logged out and forgotten in ([0-9]+ min|1 h)", table);
        Assert.Matches("old +[0-9]+ s ago +in ([0-9]+ min|1 h)", (await daemon.CommandAsync(["prune"], Cancellation)).Stdout);

        await StopAsync(daemon);
        var unwanted = SayThatAnHourHasPassed("asleep", "mistaken", "web");
        Assert.Equal(["asleep", "mistaken", "old", "web"], unwanted.Order());

        // 1. Nothing is known without an Engine.
        daemon = StartDaemon(new Dictionary<string, string?>(Settings) { ["DOCKER_HOST"] = "unix:///nonexistent/docker.sock" });
        await Eventually.TrueAsync(() => daemon.Log.Contains("Docker is away", StringComparison.Ordinal), "Docker to be away");
        await StopAsync(daemon);
        Assert.Equal(4, Directories().Count);

        // 2. With it, one goes.
        daemon = StartDaemon(Settings);
        await Eventually.TrueAsync(() => !Directories().Contains("old"), "the state of old to go");

        await Eventually.TrueAsync(
            () => daemon.Log.Contains("old: forgotten; its machine is logged out", StringComparison.Ordinal), "the log");
        Assert.True((await Control.FindAsync("old"))!.Expired, "the machine is still logged in");
        await daemon.ReadyAsync("web");
        await daemon.StatusAsync(status => status.Unwanted is null, "nothing to be unwanted any more");
        Assert.Equal(["asleep", "mistaken", "web"], Directories());
        Assert.False((await Control.FindAsync("asleep"))!.Expired);
        await Eventually.GetAsync(
            token => peer.Http().GetStringAsync($"https://{peer.NameOf("web")}/", token),
            page => page.Contains("Hello", StringComparison.Ordinal),
            "the page");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_machine_that_cannot_be_logged_out_is_kept()
    {
        var daemon = StartDaemon(Settings);
        var removed = await RunServiceAsync("old");
        await daemon.ReadyAsync("old");
        await removed.RemoveAsync(Cancellation);
        await daemon.StatusAsync(status => status.Unwanted is [{ Name: "old" }], "old to be unwanted");
        await StopAsync(daemon);
        SayThatAnHourHasPassed();
        Control.GoAway();

        daemon = StartDaemon(Settings);
        var status = await daemon.StatusAsync(status => status.Unwanted is [{ Problem: not null }], "the problem");

        Assert.Contains("old cannot be logged out", status.Unwanted![0].Problem, StringComparison.Ordinal);
        Assert.Matches("old: is not forgotten, and tried again in [4-6] min: old cannot be logged out", daemon.Log);
        Assert.True(File.Exists(Path.Combine(StateDirectory, "old", "tailscaled.state")), "the state is gone");
        Assert.Empty(Tailscaleds());
    }

    private static async Task StopAsync(DovetailDaemon daemon)
    {
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    private List<string> Directories() =>
        [.. System.IO.Directory.GetDirectories(StateDirectory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    /// <summary>Of all that is unwanted, and of others, which are not.</summary>
    private List<string> SayThatAnHourHasPassed(params string[] others)
    {
        var file = Path.Combine(StateDirectory, ".unwanted");
        List<string> names = [.. File.ReadAllLines(file).Select(line => line.Split(' ')[0]), .. others];
        File.WriteAllLines(
            file,
            from name in names
            let directory = Path.Combine(StateDirectory, name)
            let used = Math.Max(
                System.IO.Directory.GetLastWriteTimeUtc(directory).Ticks,
                File.GetLastWriteTimeUtc(Path.Combine(directory, "tailscaled.state")).Ticks)
            select string.Create(CultureInfo.InvariantCulture, $"{name} {used} 3600"));
        return names;
    }
}
