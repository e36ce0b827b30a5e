using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Dashboard;

/// <summary>
/// One Dovetail with a dashboard, services for some and for all, and three peers: an admin, one who looks, and one who sees the start page
/// alone. Wherever a stranger can put a text, there is an attempt to run a script with it.
/// </summary>
public sealed class DashboardFixture(Engine engine) : SharedStage(engine)
{
    public const string Name = "home";
    public const string Web = "web";

    /// <summary>A service that only <see cref="Bob"/> may use.</summary>
    public const string ForBob = "for-bob";

    /// <summary>As long as a name can be.</summary>
    public static readonly string LongName = string.Join('-', Enumerable.Repeat("photographs", 6))[..63].TrimEnd('-');

    /// <summary>Sets the title of the page, if it is ever run.</summary>
    public const string Attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

    private const string Admin = "ada@example.com";
    private const string Viewer = "bob@example.com";

    internal DovetailDaemon Daemon { get; private set; } = null!;

    internal TestContainer Container { get; private set; } = null!;

    internal TailnetPeer Ada { get; private set; } = null!;

    internal TailnetPeer Bob { get; private set; } = null!;

    /// <summary>Is named nowhere, and has a login that is an attack.</summary>
    internal TailnetPeer Eve { get; private set; } = null!;

    internal static string UrlFor(TailnetPeer peer, string path = "/") => $"https://{peer.NameOf(Name)}{path}";

    internal Task<TestContainer> RunAsync(string service, string? allow = null) => RunContainerAsync(
        new Dictionary<string, string> { ["name"] = service, ["port"] = "80" }
            .Concat(allow is null ? [] : [KeyValuePair.Create("allow", allow)]).ToDictionary());

    protected override async Task SetUpAsync()
    {
        Daemon = StartDaemon(new Dictionary<string, string?>
        {
            ["DOVETAIL_TAILSCALED"] = await ChattyTailscaledAsync(),
            ["DOVETAIL_DASHBOARD"] = Name,
            ["DOVETAIL_DASHBOARD_ALLOW"] = $"{Admin},{Viewer},*",
            ["DOVETAIL_DASHBOARD_ADMINS"] = Admin,
        });
        Container = await RunAsync(Web);
        await RunAsync(ForBob, Viewer);
        await RunAsync(LongName);
        await RunContainerAsync(new Dictionary<string, string> { ["name"] = Attack, ["port"] = "80" });
        (Ada, Bob, Eve) = (await PeerAsync(Admin), await PeerAsync(Viewer), await PeerAsync(Attack + "@evil.example"));
        foreach (var service in (string[])[Web, ForBob, LongName])
        {
            await Daemon.ReadyAsync(service);
        }

        await Daemon.ServiceAsync(Name, service => service.State == "Ready", "the dashboard to be ready");
    }

    // Writes a line of its own into the log of each service, again and again, so that it is always among the last ones.
    private async Task<string> ChattyTailscaledAsync()
    {
        var script = Directory["chatty-tailscaled"];
        await File.WriteAllTextAsync(
            script,
            $"""
            #!/bin/sh
            while kill -0 $$; do
              cat >&2 <<'END'
            {Attack}
            END
              sleep 0.5
            done 2>&2 &
            exec {Tailnet.Tailscaled} "$@"

            """);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return script;
    }
}

/// <summary>Tests that share one <see cref="DashboardFixture"/>, and therefore run one by one.</summary>
[CollectionDefinition(Collection)]
public sealed class DashboardTestsOfOneStage : ICollectionFixture<DashboardFixture>
{
    public const string Collection = "Dashboard";
}
