using Dovetail.Services.Model;

namespace Dovetail.Admin;

/// <summary>What <c>dovetail status --json</c> prints. Fields are only ever added; absent values are left out.</summary>
internal sealed record StatusDocument
{
    /// <summary>Version of Dovetail.</summary>
    public required string Version { get; init; }

    public required DockerStatus Docker { get; init; }

    public required IReadOnlyList<ServiceStatus> Services { get; init; }

    public required IReadOnlyList<RejectedContainer> Rejected { get; init; }

    /// <summary>Label mistakes that refuse nothing.</summary>
    public required IReadOnlyList<ContainerWarning> Warnings { get; init; }
}
