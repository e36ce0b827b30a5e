namespace Dovetail.Services.Model;

/// <summary>Something odd about a container's labels that refuses nothing.</summary>
/// <param name="ContainerName">Name of the container without Docker's leading slash.</param>
/// <param name="Service">The service it is about; null: none, or all of the container's.</param>
/// <param name="Text">Fit to print.</param>
internal sealed record ContainerWarning(string ContainerName, string? Service, string Text);
