using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Sleep;

/// <summary>What tests of sleeping containers share.</summary>
public abstract class SleepTest(Engine engine) : EndToEndTest(engine)
{
    protected const string Web = "web";

    /// <summary>After so long without a request <see cref="RunSleepyAsync"/>'s container is stopped.</summary>
    protected static TimeSpan Idle { get; } = TimeSpan.FromSeconds(2);

    internal static string UrlOf(TailnetPeer peer, string service, string path = "/") => $"https://{peer.NameOf(service)}{path}";

    internal static async Task<string> GetAsync(TailnetPeer peer, string service)
    {
        using var client = peer.Http();
        // Longer than dovetail.wake.
        client.Timeout = TimeSpan.FromSeconds(90);
        using var answer = await client.GetAsync(UrlOf(peer, service), Cancellation);
        return (await answer.Content.ReadAsStringAsync(Cancellation)).Trim();
    }

    internal static int CountOf(string log, string text) => log.Split(text).Length - 1;

    internal static Task<ServiceStatus> AsleepAsync(DovetailDaemon daemon, string service) =>
        daemon.ServiceAsync(service, status => status.State == "Asleep", "Asleep");

    internal static async Task StaysAwakeAsync(DovetailDaemon daemon, string service, TimeSpan during)
    {
        for (var started = System.Diagnostics.Stopwatch.GetTimestamp(); Since(started) < during;)
        {
            var status = (await daemon.StatusAsync(Cancellation)).Find(service);
            Assert.True(status is { State: "Ready", Upstreams.Count: 1 }, $"{status}");
        }
    }

    internal DovetailDaemon StartAllowing(IReadOnlyDictionary<string, string?>? changes = null) =>
        StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_ALLOW_START"] = "true" }.With(changes));

    internal Task<TestContainer> RunSleepyAsync(
        string service, IReadOnlyDictionary<string, string>? labels = null, IEnumerable<string>? options = null,
        IEnumerable<string>? command = null)
    {
        var all = new Dictionary<string, string> { ["name"] = service, ["port"] = "80", ["sleep"] = "2s" };
        foreach (var (name, value) in labels ?? new Dictionary<string, string>())
        {
            all[name] = value;
        }

        return RunContainerAsync(all, options: options, command: command);
    }

    /// <summary>Options of <c>docker run</c> that make a container one of a Compose project's.</summary>
    protected string[] OfProject(string service, string? dependsOn = null) =>
    [
        "-l", $"com.docker.compose.project={Prefix}", "-l", $"com.docker.compose.service={service}",
        .. dependsOn is null ? [] : (string[])["-l", $"com.docker.compose.depends_on={dependsOn}"],
    ];
}
