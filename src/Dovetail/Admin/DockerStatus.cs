namespace Dovetail.Admin;

/// <summary>Dovetail's connection to the Docker Engine.</summary>
/// <param name="Endpoint">Where the Engine is.</param>
/// <param name="Error">Why it is not connected.</param>
/// <param name="LastListing">When all containers were last listed.</param>
internal sealed record DockerStatus(string Endpoint, bool Connected, string? Error, DateTimeOffset? LastListing);
