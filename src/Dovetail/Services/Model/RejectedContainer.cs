namespace Dovetail.Services.Model;

/// <summary>A container that asks for a service in vain; nothing else suffers from it.</summary>
/// <param name="ContainerName">Name of the container without Docker's leading slash.</param>
/// <param name="Service">The service it asks for; null when it names none that could be.</param>
/// <param name="Reason">What is wrong and what is allowed; fit to print.</param>
internal sealed record RejectedContainer(string ContainerName, string? Service, string Reason);
