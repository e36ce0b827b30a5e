using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>What <c>dovetail status --json</c> says: the part of its documented shape that tests look at.</summary>
internal sealed record DaemonStatus(
    string Version,
    DockerStatus Docker,
    IReadOnlyList<ServiceStatus> Services,
    IReadOnlyList<RejectedContainer> Rejected,
    IReadOnlyList<LabelWarning> Warnings,
    IReadOnlyList<UnwantedMachine>? Unwanted = null,
    IReadOnlyList<EngineStatus>? Engines = null)
{
    /// <summary>The document as it came.</summary>
    public string Json { get; private init; } = "";

    public static DaemonStatus Parse(string json) =>
        JsonSerializer.Deserialize<DaemonStatus>(json, JsonSerializerOptions.Web)! with { Json = json };

    public ServiceStatus? Find(string name) => Services.FirstOrDefault(service => service.Name == name);

    public override string ToString() => Json;
}

internal sealed record EngineStatus(string Name, string Endpoint, bool Connected, string? LastError, DateTimeOffset? LastListing);

internal sealed record DockerStatus(string Endpoint, bool Connected, string? Error);

/// <summary>One service of <see cref="DaemonStatus"/>.</summary>
/// <param name="State">Starting, NeedsLogin, NeedsApproval, Running, CertPending, Ready, Asleep, Backoff or Stopping.</param>
internal sealed record ServiceStatus(
    string Name,
    string? Url,
    string State,
    DateTimeOffset Since,
    string? Origin,
    IReadOnlyList<string> Addresses,
    string? DnsName,
    string? LoginUrl,
    CertificateStatus? Certificate,
    IReadOnlyList<UpstreamStatus> Upstreams,
    IReadOnlyList<ConditionStatus> Conditions,
    TailscaledStatus? Tailscaled,
    IReadOnlyDictionary<string, string>? Listener,
    IReadOnlyList<string>? Asleep = null)
{
    /// <summary>Whether a condition of that id is named.</summary>
    public bool Has(string condition) => Conditions.Any(known => known.Id == condition);

    public ConditionStatus Condition(string condition) => Conditions.First(known => known.Id == condition);
}

internal sealed record CertificateStatus(string Name, DateTimeOffset NotAfter);

internal sealed record UpstreamStatus(string? Container, string Address, string Health, string Route, string? Source = null);

internal sealed record UnwantedMachine(string Name, DateTimeOffset ForgottenAt, string? Problem);

/// <param name="Id">Stable name of the condition.</param>
/// <param name="Severity">Notice or Problem.</param>
/// <param name="Text">What happened.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record ConditionStatus(string Id, string Severity, string Text, string Fix);

internal sealed record TailscaledStatus(int? Pid, int Restarts, IReadOnlyList<string> LastWords);

internal sealed record RejectedContainer(string Container, string? Service, string Reason);

internal sealed record LabelWarning(string Container, string? Service, string Text);
