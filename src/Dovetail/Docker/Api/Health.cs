namespace Dovetail.Docker.Api;

internal sealed record Health
{
    /// <summary><c>none</c>, <c>starting</c>, <c>healthy</c> or <c>unhealthy</c>.</summary>
    public string? Status { get; init; }
}
