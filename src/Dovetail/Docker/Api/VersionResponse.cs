namespace Dovetail.Docker.Api;

/// <summary><c>GET /version</c>.</summary>
internal sealed record VersionResponse
{
    /// <summary>Of the Engine, such as 20.10.24.</summary>
    public string? Version { get; init; }

    /// <summary>The newest API version it speaks.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>The oldest API version it speaks.</summary>
    public string? MinAPIVersion { get; init; }
}
