namespace Dovetail.Docker.Api;

internal sealed record State
{
    public string? Status { get; init; }

    /// <summary>Null without a HEALTHCHECK.</summary>
    public Health? Health { get; init; }
}
