namespace Dovetail.Docker.Api;

/// <summary>One line of <c>GET /events</c>.</summary>
internal sealed record Message
{
    /// <summary><c>container</c>, <c>network</c>, …</summary>
    public string? Type { get; init; }

    /// <summary><c>start</c>, <c>die</c>, <c>health_status: healthy</c>, …</summary>
    public string? Action { get; init; }

    public Actor? Actor { get; init; }
}
