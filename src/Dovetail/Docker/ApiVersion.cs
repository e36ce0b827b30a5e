using System.Globalization;

namespace Dovetail.Docker;

/// <summary>A version of the Engine API such as 1.41.</summary>
internal readonly record struct ApiVersion(int Major, int Minor) : IComparable<ApiVersion>
{
    /// <summary>
    /// The version that Dovetail is written for: the oldest that Engine 29 still speaks. All that is used of it exists since 1.24, so
    /// older Engines are asked in their own version.
    /// </summary>
    public static ApiVersion Ours { get; } = new(1, 44);

    /// <summary>Ours or the Engine's newest, whichever is older, but never older than the Engine's oldest.</summary>
    /// <param name="newest">The Engine's <c>ApiVersion</c>.</param>
    /// <param name="oldest">The Engine's <c>MinAPIVersion</c>; null when it reports none.</param>
    public static ApiVersion Negotiate(ApiVersion newest, ApiVersion? oldest)
    {
        var version = newest.CompareTo(Ours) < 0 ? newest : Ours;
        return oldest is { } least && version.CompareTo(least) < 0 ? least : version;
    }

    /// <summary>Reads <c>1.41</c>; null when the text is no version.</summary>
    public static ApiVersion? TryParse(string? text)
    {
        var parts = text?.Split('.');
        return parts is [var major, var minor]
            && int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(minor, NumberStyles.None, CultureInfo.InvariantCulture, out var second)
            ? new ApiVersion(first, second)
            : null;
    }

    public int CompareTo(ApiVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Major}.{Minor}");
}

/// <summary>The Engine that answers.</summary>
/// <param name="Engine">Its version, such as 20.10.24.</param>
/// <param name="Api">The API version in use with it.</param>
/// <param name="Clock">The Engine's own time, to the second; null when its answer did not say.</param>
/// <param name="IsPodman">Whether it is Podman, which speaks the Engine API as well.</param>
internal sealed record EngineVersion(string Engine, ApiVersion Api, DateTimeOffset? Clock, bool IsPodman)
{
    /// <summary>What it is called, with its version.</summary>
    public string Title => $"{(IsPodman ? "Podman" : "Docker")} {Engine}";
}

/// <summary>What the Engine says of itself.</summary>
/// <param name="IsRootless">Whether it runs without root, in namespaces of its own.</param>
/// <param name="NodeId">Its node's in a swarm; empty outside one.</param>
/// <param name="IsInSwarm">Whether it is in one.</param>
/// <param name="IsManager">Whether it answers questions about the swarm.</param>
internal sealed record EngineInfo(bool IsRootless, string NodeId, bool IsInSwarm, bool IsManager);
