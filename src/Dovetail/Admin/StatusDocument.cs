using System.Text.Json.Serialization;
using Dovetail.Docker;
using Dovetail.Notifications;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Admin;

/// <summary>What <c>dovetail status --json</c> prints. Fields are only ever added; absent values are left out.</summary>
internal sealed record StatusDocument
{
    /// <summary>Version of Dovetail.</summary>
    public required string Version { get; init; }

    public required DockerStatus Docker { get; init; }

    /// <summary>The Engines besides that of <c>DOCKER_HOST</c>; absent when there are none.</summary>
    public IReadOnlyList<EngineStatus>? Engines { get; init; }

    public required IReadOnlyList<ServiceStatus> Services { get; init; }

    public required IReadOnlyList<RejectedContainer> Rejected { get; init; }

    /// <summary>Label mistakes that refuse nothing.</summary>
    public required IReadOnlyList<ContainerWarning> Warnings { get; init; }

    /// <summary>How the receivers of notifications have fared; absent when there are none.</summary>
    public IReadOnlyList<ReceiverReport>? Notifications { get; init; }

    /// <summary>Machines that are about to be forgotten; absent: there are none, or none is forgotten by itself.</summary>
    public IReadOnlyList<UnwantedMachine>? Unwanted { get; init; }
}

/// <summary>Dovetail's connection to the Docker Engine.</summary>
/// <param name="Endpoint">Where the Engine is.</param>
/// <param name="Error">Why it is not connected.</param>
/// <param name="LastListing">When all containers were last listed.</param>
internal sealed record DockerStatus(string Endpoint, bool Connected, string? Error, DateTimeOffset? LastListing)
{
    /// <summary>Whether there is to be none.</summary>
    [JsonIgnore]
    public bool IsNone => Endpoint == DockerEndpoint.None.ToString();
}

/// <summary>Dovetail's connection to a further Engine.</summary>
/// <param name="Name">In <c>DOVETAIL_DOCKER_HOSTS</c>.</param>
/// <param name="Endpoint">Where it is.</param>
/// <param name="LastError">What went wrong last; absent while all is well.</param>
/// <param name="LastListing">When its containers were last listed.</param>
internal sealed record EngineStatus(string Name, string Endpoint, bool Connected, string? LastError, DateTimeOffset? LastListing);

/// <summary>One service.</summary>
internal sealed record ServiceStatus
{
    public required string Name { get; init; }

    /// <summary>Where it is reached, once its full name is known.</summary>
    public string? Url { get; init; }

    /// <summary>Starting, NeedsLogin, NeedsApproval, Running, CertPending, Ready, Asleep, Backoff or Stopping.</summary>
    public required string State { get; init; }

    /// <summary>When it came into this state.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Where a services file declares it, <c>FILE:LINE</c>; absent: labels do.</summary>
    public string? Origin { get; init; }

    /// <summary>Full tailnet name without a trailing dot.</summary>
    public string? DnsName { get; init; }

    /// <summary>Tailnet addresses.</summary>
    public required IReadOnlyList<string> Addresses { get; init; }

    /// <summary>Where a person can log the node in.</summary>
    public string? LoginUrl { get; init; }

    public CertificateStatus? Certificate { get; init; }

    public required IReadOnlyList<UpstreamStatus> Upstreams { get; init; }

    /// <summary>Names of containers that do not run and that the next request starts.</summary>
    public IReadOnlyList<string>? Asleep { get; init; }

    public required IReadOnlyList<ConditionStatus> Conditions { get; init; }

    public required TailscaledStatus Tailscaled { get; init; }

    public ListenerStatus? Listener { get; init; }
}

/// <summary>The certificate in use.</summary>
internal sealed record CertificateStatus(string Name, DateTimeOffset NotAfter);

/// <summary>One container, or other address, that serves.</summary>
/// <param name="Container">Absent: it is no container.</param>
/// <param name="Address">Scheme, host and port by which Dovetail reaches it.</param>
/// <param name="Health">None, Starting, Healthy or Unhealthy, as Docker says, or Stopping.</param>
/// <param name="Route">Why it is reached there.</param>
/// <param name="Source">From which address it sees requests: the proxy that the application may have to trust. Absent: not known.</param>
internal sealed record UpstreamStatus(string? Container, string Address, string Health, string Route, string? Source = null);

/// <summary>Something a person should know about a service.</summary>
/// <param name="Id">Stable id.</param>
/// <param name="Severity">Notice or Problem.</param>
/// <param name="Text">What is the case.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record ConditionStatus(string Id, string Severity, string Text, string Fix);

/// <summary>The service's tailscaled.</summary>
/// <param name="Pid">Absent while none runs.</param>
/// <param name="Restarts">How often it was started anew.</param>
/// <param name="LastWords">The last lines of its log; only while it is down.</param>
internal sealed record TailscaledStatus(int? Pid, int Restarts, IReadOnlyList<string> LastWords);

/// <summary>Where the service's listener listens.</summary>
internal sealed record ListenerStatus(string Https, string Http);

/// <summary>The admin API's documents.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(StatesDocument))]
internal sealed partial class AdminJson : JsonSerializerContext;
