using System.Collections.Immutable;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>All that a decision about a node rests on; immutable.</summary>
internal sealed record NodeFacts
{
    public required ServiceSpec Service { get; init; }

    public required NodeIdentity Identity { get; init; }

    /// <summary>Whether the node's state goes with Dovetail's container: then the one before was another machine.</summary>
    public bool LosesState { get; init; }

    /// <summary>The service is being taken down.</summary>
    public bool Stopping { get; init; }

    public SupervisionFacts Supervision { get; init; } = new();

    public LoginFacts Login { get; init; } = new();

    public CertificateFacts Certificate { get; init; } = new();

    public ListenerFacts Listener { get; init; } = new();

    public DaemonFacts Daemon { get; init; } = new();

    public TailnetFacts Tailnet { get; init; } = new();

    public ServeFacts Serve { get; init; } = new();

    /// <summary>What is under way in this session, and since when.</summary>
    public ImmutableDictionary<Activity, DateTimeOffset> Activities { get; init; } = ImmutableDictionary<Activity, DateTimeOffset>.Empty;

    /// <summary>Whether something is under way about the login.</summary>
    public bool IsLoggingIn => Does(Activity.Up) || Does(Activity.UpWithKey) || Does(Activity.StopRetries);

    /// <summary>What tailscaled is to forward to; null before there is a listener.</summary>
    public ServeTarget? WantedServe =>
        Listener.Ports is { } ports ? new ServeTarget(ports, Service.Funnel ? Tailnet.DnsName : null) : null;

    /// <summary>Whether the service is to be served by HTTPS.</summary>
    public bool WantsHttps => Service.Http && Service.Tls switch
    {
        TlsMode.Off => false,
        TlsMode.On => true,
        _ => Tailnet.CertificateDomain is not null || Certificate.Name is not null,
    };

    /// <summary>HTTPS is demanded, there is no certificate, and the tailnet issues none.</summary>
    public bool LacksCertificate =>
        WantsHttps && Certificate.Name is null && Tailnet is { IsRunning: true, CertificateDomain: null };

    /// <summary>Whether the tailnet gave the node another name than it asked for.</summary>
    public bool IsNameTaken => Tailnet is { IsRunning: true, DnsName: { } name } && name.Split('.')[0] != Service.Name;

    public bool Does(Activity activity) => Activities.ContainsKey(activity);

    /// <summary>The facts at the start of a new tailscaled: what was learnt of the old one is void.</summary>
    public NodeFacts ForNewSession() => this with
    {
        Supervision = Supervision with { Down = null },
        Daemon = new DaemonFacts(),
        Tailnet = new TailnetFacts(),
        Serve = new ServeFacts(),
        Activities = Activities.Clear(),
    };
}
