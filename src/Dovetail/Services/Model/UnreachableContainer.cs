namespace Dovetail.Services.Model;

/// <summary>A container that belongs to a service but that Dovetail cannot reach (DESIGN §4, rule 7).</summary>
/// <param name="ContainerName">Name of the container without Docker's leading slash.</param>
/// <param name="Reason">Which networks each side is on and what to add.</param>
internal sealed record UnreachableContainer(string ContainerName, string Reason);
