using Dovetail.Common;

namespace Dovetail.Containers;

/// <summary>Containers that matter though no label of theirs says so. Compares by content.</summary>
internal sealed record ContainerSelection
{
    public static ContainerSelection None { get; } = new();

    /// <summary>Names of containers, without Docker's leading slash; <c>ENGINE/NAME</c> for one of a further Engine.</summary>
    public EquatableArray<string> Names { get; init; }

    /// <summary>Of the Engine of <c>DOCKER_HOST</c>.</summary>
    public EquatableArray<ComposeName> ComposeServices { get; init; }

    public bool IsEmpty => Names.Count == 0 && ComposeServices.Count == 0;

    /// <summary>Whose containers they are; null: the Engine of <c>DOCKER_HOST</c>.</summary>
    public IEnumerable<string?> Engines => Names.Select(static name => name.Contains('/') ? name[..name.IndexOf('/')] : null)
        .Concat(ComposeServices.Count > 0 ? [null] : (string?[])[])
        .Distinct();

    public bool Covers(Container container) => Names.Contains(container.Title)
        || (container.Engine is null && ComposeServices.Count > 0 && Covers([], container.Label));

    /// <summary>What of it one Engine has to list, by the names that containers have there.</summary>
    /// <param name="engine">Null: that of <c>DOCKER_HOST</c>.</param>
    public ContainerSelection Of(string? engine) => new()
    {
        Names = engine is null
            ? Names.Where(static name => !name.Contains('/')).ToEquatableArray()
            : Names.Where(name => name.StartsWith(engine + "/", StringComparison.Ordinal))
                .Select(name => name[(engine.Length + 1)..]).ToEquatableArray(),
        ComposeServices = engine is null ? ComposeServices : [],
    };

    /// <param name="names">Of one container of the one Engine; with or without Docker's leading slash.</param>
    /// <param name="label">Value of a label of that container; null: it has none.</param>
    public bool Covers(IEnumerable<string> names, Func<string, string?> label) =>
        (Names.Count > 0 && names.Any(name => Names.Contains(name.TrimStart('/'))))
        || (ComposeServices.Count > 0
            && label(WellKnownLabels.ComposeService) is { } service
            // One of "docker compose run" is none of its service's replicas.
            && !string.Equals(label(WellKnownLabels.ComposeOneOff), "true", StringComparison.OrdinalIgnoreCase)
            && ComposeServices.Any(wanted => wanted.Service == service
                && (wanted.Project is null || wanted.Project == label(WellKnownLabels.ComposeProject))));

    public ContainerSelection And(ContainerSelection other) => new()
    {
        Names = Names.Concat(other.Names).Distinct(StringComparer.Ordinal).ToEquatableArray(),
        ComposeServices = ComposeServices.Concat(other.ComposeServices).Distinct().ToEquatableArray(),
    };
}

/// <summary>A service of a Compose file.</summary>
/// <param name="Project">Null: any.</param>
internal sealed record ComposeName(string? Project, string Service)
{
    public override string ToString() => Project is null ? Service : $"{Project}/{Service}";
}
