namespace Dovetail.Docker.Api;

/// <summary>What an event is about.</summary>
internal sealed record Actor
{
    /// <summary>Full id.</summary>
    public string? ID { get; init; }

    /// <summary>The object's labels and what the event adds: <c>signal</c> of a <c>kill</c>, as a number.</summary>
    public IReadOnlyDictionary<string, string?>? Attributes { get; init; }
}
