namespace Dovetail.Services.Model;

/// <summary>A container that does not run and that the next request for its service starts.</summary>
/// <param name="ContainerId">Full Docker id.</param>
/// <param name="ContainerName">Name of the container; of a further Engine's <c>ENGINE/NAME</c>.</param>
/// <param name="Failure">Why it could not be started when it was last tried, fit to print; null: it could, or was not.</param>
internal sealed record SleepingContainer(string ContainerId, string ContainerName, string? Failure = null);
