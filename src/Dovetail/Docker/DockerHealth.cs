namespace Dovetail.Docker;

/// <summary>How the watcher gets on with the Engine, for <c>dovetail status</c>.</summary>
internal sealed record DockerHealth
{
    /// <summary>Whether events are subscribed to and the last listing succeeded.</summary>
    public bool Connected { get; init; }

    /// <summary>The Engine's version; null before the first contact.</summary>
    public string? Engine { get; init; }

    /// <summary>The API version in use; null before the first contact.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>When the last listing was complete; null before the first.</summary>
    public DateTimeOffset? LastListing { get; init; }

    /// <summary>What went wrong last, with what to do; null while all is well.</summary>
    public string? LastError { get; init; }
}
