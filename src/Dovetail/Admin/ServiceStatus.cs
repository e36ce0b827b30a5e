namespace Dovetail.Admin;

/// <summary>One service.</summary>
internal sealed record ServiceStatus
{
    public required string Name { get; init; }

    /// <summary>Where it is reached, once its full name is known.</summary>
    public string? Url { get; init; }

    /// <summary>Starting, NeedsLogin, NeedsApproval, Running, CertPending, Ready, Backoff or Stopping.</summary>
    public required string State { get; init; }

    /// <summary>When it came into this state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Full tailnet name without a trailing dot.</summary>
    public string? DnsName { get; init; }

    /// <summary>Tailnet addresses.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Where a person can log the node in.</summary>
    public string? LoginUrl { get; init; }

    public CertificateStatus? Certificate { get; init; }

    public required IReadOnlyList<UpstreamStatus> Upstreams { get; init; }

    public required IReadOnlyList<ConditionStatus> Conditions { get; init; }

    public required TailscaledStatus Tailscaled { get; init; }

    public ListenerStatus? Listener { get; init; }
}
