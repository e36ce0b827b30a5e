using System.Text.Json.Serialization;

namespace Dovetail.Services.Model;

/// <summary>A container of which a service is refused; nothing else is. Also an entry of the status document.</summary>
/// <param name="Container">
/// Name of the container, of a further Engine's <c>ENGINE/NAME</c>; of a services file, its path, and the line after a colon.
/// </param>
/// <param name="Service">The service it asks for; null when the name itself is missing or refused.</param>
/// <param name="Reason">What is wrong and what is allowed; fit to print.</param>
internal sealed record RejectedContainer(string Container, string? Service, string Reason)
{
    /// <summary>Whether it is about a services file, whose path is absolute: no container's name begins so.</summary>
    [JsonIgnore]
    public bool IsOfFile => Container.StartsWith('/');
}

/// <summary>A mistake in a container's labels that refuses nothing. Also an entry of the status document.</summary>
/// <param name="Container">As in <see cref="RejectedContainer"/>.</param>
/// <param name="Service">The service it is about; null: none, or all of the container's.</param>
/// <param name="Text">Fit to print.</param>
internal sealed record ContainerWarning(string Container, string? Service, string Text)
{
    /// <inheritdoc cref="RejectedContainer.IsOfFile"/>
    [JsonIgnore]
    public bool IsOfFile => Container.StartsWith('/');
}
