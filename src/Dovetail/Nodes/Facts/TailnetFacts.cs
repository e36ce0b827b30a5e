using System.Collections.Immutable;
using Dovetail.Tailscale;

namespace Dovetail.Nodes.Facts;

/// <summary>What this tailscaled has said of its place on the tailnet; the next one begins with none of it.</summary>
internal sealed record TailnetFacts
{
    /// <summary>What the bus said last; null: nothing yet.</summary>
    public BackendState? Backend { get; init; }

    public IpnPrefs? Prefs { get; init; }

    /// <summary>The last answer to the poll; null: none yet. It can be older than <see cref="Backend"/>.</summary>
    public IpnStatus? Status { get; init; }

    public ImmutableDictionary<string, HealthWarning> Warnings { get; init; } = ImmutableDictionary<string, HealthWarning>.Empty;

    /// <summary>
    /// A login URL that the bus announced. It does so to the client alone that began the login; mostly the status has it.
    /// </summary>
    public string? AnnouncedLoginUrl { get; init; }

    /// <summary>Which machine has the name that this node asked for; null: not known, or this node has it.</summary>
    public NameHolder? NameHolder { get; init; }

    /// <summary>Whether the node runs, and the status, which has names and addresses, is of the time since it does.</summary>
    public bool IsRunning => Backend == BackendState.Running && Status?.BackendState == BackendState.Running;

    /// <summary>The control server's reason not to log the node in, of those that <c>up</c> does not report too; null: none.</summary>
    public string? LoginError =>
        Warnings.GetValueOrDefault(TailscaleErrors.LoginWarning)?.Text is { } text ? TailscaleErrors.LoginError(text) : null;

    /// <summary>Where a person can log the node in: the newest URL; null: there is none.</summary>
    public string? LoginUrl => string.IsNullOrEmpty(Status?.AuthUrl) ? AnnouncedLoginUrl : Status.AuthUrl;

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
}
