using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>What <c>dovetail status --json</c> says: the part of its documented shape that tests look at.</summary>
internal sealed record DaemonStatus(
    string Version,
    DockerStatus Docker,
    IReadOnlyList<ServiceStatus> Services,
    IReadOnlyList<RejectedContainer> Rejected,
    IReadOnlyList<LabelWarning> Warnings)
{
    /// <summary>The document as it came.</summary>
    public string Json { get; private init; } = "";

    public static DaemonStatus Parse(string json) =>
        JsonSerializer.Deserialize<DaemonStatus>(json, JsonSerializerOptions.Web)! with { Json = json };

    public ServiceStatus? Find(string name) => Services.FirstOrDefault(service => service.Name == name);

    public override string ToString() => Json;
}
