namespace Dovetail.Docker;

/// <summary>The Engine that answers.</summary>
/// <param name="Engine">Its version, such as 20.10.24.</param>
/// <param name="Api">The API version in use with it.</param>
/// <param name="Clock">The Engine's own time, to the second; null when its answer did not say.</param>
internal sealed record EngineVersion(string Engine, ApiVersion Api, DateTimeOffset? Clock);
