namespace Dovetail.EndToEndTests.Harness;

/// <summary>One service of <see cref="DaemonStatus"/>.</summary>
/// <param name="State">Starting, NeedsLogin, NeedsApproval, Running, CertPending, Ready, Backoff or Stopping.</param>
internal sealed record ServiceStatus(
    string Name,
    string? Url,
    string State,
    DateTimeOffset Since,
    IReadOnlyList<string> Addresses,
    string? DnsName,
    string? LoginUrl,
    CertificateStatus? Certificate,
    IReadOnlyList<UpstreamStatus> Upstreams,
    IReadOnlyList<ConditionStatus> Conditions,
    TailscaledStatus? Tailscaled,
    IReadOnlyDictionary<string, string>? Listener)
{
    /// <summary>Whether a condition of that id is named.</summary>
    public bool Has(string condition) => Conditions.Any(known => known.Id == condition);

    public ConditionStatus Condition(string condition) => Conditions.First(known => known.Id == condition);
}
