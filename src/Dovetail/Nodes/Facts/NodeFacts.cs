using System.Collections.Immutable;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>All that a decision about a node rests on; immutable.</summary>
internal sealed record NodeFacts
{
    public required ServiceSpec Service { get; init; }

    public required NodeIdentity Identity { get; init; }

    /// <summary>Why no tailscaled runs at the moment; null while one runs or starts.</summary>
    public DaemonDown? Down { get; init; }

    /// <summary>Why there is no listener; null when there is one.</summary>
    public string? ListenerError { get; init; }

    /// <summary>Upstreams that do not accept the listener's connections.</summary>
    public ImmutableArray<FailingUpstream> Failing { get; init; } = [];

    /// <summary>Why tailscaled cannot use its state directory; outlives it, until one can.</summary>
    public string? StateError { get; init; }

    /// <summary>Where an unreadable state file was moved to; null: there was none.</summary>
    public string? StateMovedTo { get; init; }

    /// <summary>The control server answers, but has not counted the node as online for a while; outlives tailscaled, until it is online.</summary>
    public bool IsCutOff { get; init; }

    /// <summary>A node that is cut off is given a new tailscaled, but not before this time.</summary>
    public DateTimeOffset ReplaceAt { get; init; }

    /// <summary>tailscaled has not answered the last question, or not yet.</summary>
    public bool IsSilent { get; init; }

    /// <summary>The service is being taken down.</summary>
    public bool Stopping { get; init; }

    /// <summary>What the bus said last in this tailscaled's life; null: nothing yet.</summary>
    public BackendState? Backend { get; init; }

    public IpnPrefs? Prefs { get; init; }

    public IpnStatus? Status { get; init; }

    public ImmutableDictionary<string, HealthWarning> Warnings { get; init; } = ImmutableDictionary<string, HealthWarning>.Empty;

    /// <summary>A login URL that the bus announced; it does so only to the client that began the login, so mostly the status has it.</summary>
    public string? LoginUrl { get; init; }

    public LoginMemory Login { get; init; } = new();

    public CertificateMemory Certificate { get; init; } = new();

    /// <summary>Null until the listener listens.</summary>
    public ListenerPorts? Ports { get; init; }

    /// <summary>What this tailscaled has been told to forward to; null: nothing in its life yet.</summary>
    public ServeTarget? Served { get; init; }

    /// <summary>A serve config is being set.</summary>
    public bool ServeRunning { get; init; }

    public DateTimeOffset ServeRetryAt { get; init; }

    public string? ServeError { get; init; }

    /// <summary>Fingerprint of the key that is there now; null: none.</summary>
    public string? Key { get; init; }

    /// <summary>What tailscaled is to forward to; null before there is a listener.</summary>
    public ServeTarget? Serve => Ports is null ? null : new ServeTarget(Ports, Service.Funnel ? DnsName : null);

    /// <summary>What a person can be told of the login: the newest URL.</summary>
    public string? CurrentLoginUrl => string.IsNullOrEmpty(Status?.AuthUrl) ? LoginUrl : Status.AuthUrl;

    /// <summary>The node's full name without a trailing dot; null until the tailnet gave it one.</summary>
    public string? DnsName => Status?.Self?.DnsName?.TrimEnd('.') is { Length: > 0 } name ? name : null;

    /// <summary>The name to get a certificate for; null: the tailnet issues none.</summary>
    public string? CertificateDomain
    {
        get
        {
            var domains = Status?.CertDomains ?? [];
            return DnsName is { } name && domains.Contains(name) ? name : domains is [var first, ..] ? first : null;
        }
    }

    /// <summary>Whether the service is to be served by HTTPS.</summary>
    public bool WantsHttps => Service.Http && Service.Tls switch
    {
        TlsMode.Off => false,
        TlsMode.On => true,
        _ => CertificateDomain is not null || Certificate.Name is not null,
    };

    /// <summary>The facts at the start of a new tailscaled: what was learnt of the old one is void, what is remembered stays.</summary>
    public NodeFacts ForNewLife() => this with
    {
        Down = null,
        IsSilent = false,
        Backend = null,
        Prefs = null,
        Status = null,
        Warnings = Warnings.Clear(),
        LoginUrl = null,
        Login = Login with { LastAppliedIdentity = null, Running = LoginAction.None, RetriesGoOn = false },
        Certificate = Certificate with { Running = false },
        Served = null,
        ServeRunning = false,
        ServeError = null,
    };
}
