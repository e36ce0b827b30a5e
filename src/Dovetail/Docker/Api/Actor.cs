namespace Dovetail.Docker.Api;

/// <summary>What an event is about.</summary>
internal sealed record Actor
{
    /// <summary>Full id.</summary>
    public string? ID { get; init; }
}
