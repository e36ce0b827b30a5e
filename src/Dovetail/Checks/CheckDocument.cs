using System.Text.Json.Serialization;

namespace Dovetail.Checks;

/// <summary>What <c>dovetail check --json</c> prints. Fields are only ever added; absent values are left out.</summary>
internal sealed record CheckDocument
{
    /// <summary>What was looked at: an Engine, or a Compose file.</summary>
    public required string Source { get; init; }

    /// <summary>From where containers would be reached, for a person.</summary>
    public required string SeenFrom { get; init; }

    /// <summary>Sorted by name.</summary>
    public required IReadOnlyList<CheckedService> Services { get; init; }

    public required IReadOnlyList<Mistake> Mistakes { get; init; }

    /// <summary>What could not be known; no mistakes.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>A service that would be exposed.</summary>
internal sealed record CheckedService
{
    public required string Name { get; init; }

    /// <summary>URLs at which peers would reach it; <c>TAILNET</c> stands for the tailnet's name, which only a login tells.</summary>
    public required IReadOnlyList<string> Urls { get; init; }

    /// <summary>More about the URLs, in one line.</summary>
    public string? Remark { get; init; }

    /// <summary>Who may use it, as the label says; empty: everybody the tailnet lets in.</summary>
    public required IReadOnlyList<string> Allow { get; init; }

    /// <summary>Whose word on where requests come from is passed on; absent: nobody's.</summary>
    public IReadOnlyList<string>? ForwardedFrom { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Public through Tailscale Funnel.</summary>
    public required bool Funnel { get; init; }

    public required IReadOnlyList<CheckedUpstream> Upstreams { get; init; }

    /// <summary>Names of containers that do not run and that a request would start.</summary>
    public IReadOnlyList<string>? Asleep { get; init; }
}

/// <summary>A container, or other address, that would serve.</summary>
/// <param name="Container">Absent: it is no container.</param>
/// <param name="Address">Where Dovetail would reach it.</param>
/// <param name="Route">Why there.</param>
internal sealed record CheckedUpstream(string? Container, string Address, string Route);

/// <summary>Something to correct.</summary>
/// <param name="Container">Or the place in a services file. Null: it is about the configuration.</param>
/// <param name="Service">Null: none, or not known.</param>
/// <param name="Severity">Refused, Unreachable or Warning.</param>
/// <param name="Text">What is wrong and what to do.</param>
internal sealed record Mistake(string? Container, string? Service, string Severity, string Text);

/// <summary>The documents of the check.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(CheckDocument))]
internal sealed partial class CheckJson : JsonSerializerContext;
