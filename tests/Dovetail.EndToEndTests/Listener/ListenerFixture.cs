using System.Globalization;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// One Dovetail with several services whose application is the test itself (<see cref="RawUpstream"/>), and three peers: two users and a
/// tagged device. The tailscaled of each service whose name begins with <c>blind</c> does not say who anybody is.
/// </summary>
public sealed class ListenerFixture(Engine engine) : SharedStage(engine)
{
    public const string Blind = "blind";
    public const string AllowedLogin = "alice@example.com";
    public const string Behind = "behind";
    public const string Unsaid = "unsaid";
    public const string BlindBehind = "blind-behind";
    private const string OtherLogin = "bob@elsewhere.example";
    private const string Tag = "tag:ci";
    private const string Capability = "example.com/cap/enter";

    /// <summary>By service: its <c>dovetail.allow</c>; null: everybody.</summary>
    private static readonly Dictionary<string, string?> Services = new()
    {
        ["open"] = null,
        [Blind] = null,
        ["for-login"] = AllowedLogin,
        ["for-domain"] = "*@elsewhere.example",
        ["for-devices"] = Tag,
        ["for-capability"] = $"cap:{Capability}",
        ["blind-for-all"] = $"{AllowedLogin},*@elsewhere.example,{Tag},cap:{Capability}",
        [Behind] = null,
        [BlindBehind] = null,
        [Unsaid] = null,
    };

    /// <summary>By service: its further labels.</summary>
    private static readonly Dictionary<string, (string Label, string Value)[]> Labels = new()
    {
        // The tagged device is the proxy in front.
        [Behind] = [("forwarded", "trust"), ("forwarded.from", Tag)],
        [BlindBehind] = [("forwarded", "trust"), ("forwarded.from", $"{AllowedLogin},*@elsewhere.example,{Tag},cap:{Capability}")],
        [Unsaid] = [("forwarded", "off")],
    };

    /// <summary>Whether the control program can keep a tailscaled from saying who somebody is.</summary>
    internal bool CanBlind { get; private set; }

    /// <summary>Whether the control program can give a capability to one machine alone.</summary>
    internal bool HasOwnCapability { get; private set; }

    internal RawUpstream Upstream { get; } = new();

    internal DovetailDaemon Daemon { get; private set; } = null!;

    internal TestContainer Container { get; private set; } = null!;

    /// <summary>A device of <see cref="AllowedLogin"/>.</summary>
    internal TailnetPeer Alice { get; private set; } = null!;

    /// <summary>A device of somebody of another domain, which has the capability.</summary>
    internal TailnetPeer Bob { get; private set; } = null!;

    internal TailnetPeer Tagged { get; private set; } = null!;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Upstream.DisposeAsync();
    }

    protected override async Task SetUpAsync()
    {
        foreach (var blind in Services.Keys.Where(name => name.StartsWith(Blind, StringComparison.Ordinal)))
        {
            CanBlind = await Control.TryApplyAsync($"rig/whois?host={blind}&error=whois+is+out+of+order");
        }

        Daemon = StartDaemon();
        Container = await RunContainerAsync(
            Services.SelectMany(LabelsOf).ToDictionary(), options: ["--network", "host", "--interactive", "--entrypoint", "sh"]);
        (Alice, Bob, Tagged) = (await PeerAsync(AllowedLogin), await PeerAsync(OtherLogin), await TaggedPeerAsync(Tag));
        var bob = (await Control.MachinesAsync()).Single(machine => machine.Addresses[0] == Bob.Address);
        HasOwnCapability = await Control.TryApplyAsync($"rig/capability?node={bob.Name}&name={Capability}");
        foreach (var service in Services.Keys)
        {
            await Daemon.ReadyAsync(service);
        }
    }

    /// <summary>Skips the test where the control program cannot make that service what its name says.</summary>
    internal void Need(string service)
    {
        Assert.SkipUnless(
            CanBlind || !service.StartsWith(Blind, StringComparison.Ordinal), "This control program cannot make whois fail.");
        Assert.SkipUnless(
            HasOwnCapability || service != "for-capability", "This control program gives capabilities to everybody only.");
    }

    private Dictionary<string, string> LabelsOf(KeyValuePair<string, string?> service)
    {
        var path = $"services.{service.Key}.";
        var labels = new Dictionary<string, string>
        {
            [path + "name"] = service.Key,
            [path + "port"] = Upstream.Port.ToString(CultureInfo.InvariantCulture),
        };
        if (service.Value is { } allow)
        {
            labels[path + "allow"] = allow;
        }

        foreach (var (label, value) in Labels.GetValueOrDefault(service.Key, []))
        {
            labels[path + label] = value;
        }

        return labels;
    }
}
