using System.Net;
using Dovetail.Common;

namespace Dovetail.Services.Labels;

/// <summary>What a value means that is written in a form of other tools: it is taken as meant, and said how it was taken.</summary>
/// <param name="Text">The value in the form that is documented.</param>
/// <param name="Why">Fit to print.</param>
internal sealed record PlainForm(string Text, string Why)
{
    private const string TcpSuffix = "/tcp";

    /// <summary>Ports as <c>EXPOSE</c> and <c>ports:</c> of Compose write them: <c>80/tcp</c>, <c>8080:80</c>, <c>127.0.0.1:8080:80</c>.</summary>
    /// <returns>Null: the text is in none of these forms.</returns>
    public static PlainForm? OfPort(string text)
    {
        var isSuffixed = text.EndsWith(TcpSuffix, StringComparison.OrdinalIgnoreCase);
        var ports = isSuffixed ? text[..^TcpSuffix.Length] : text;
        var colon = ports.LastIndexOf(':');
        if (!PortSyntax.TryParse(ports[(colon + 1)..], out var container))
        {
            return null;
        }

        if (colon < 0)
        {
            return isSuffixed ? new PlainForm(ports, "the port is TCP anyway") : null;
        }

        var published = ports[..colon];
        return PortSyntax.TryParse(published[(published.LastIndexOf(':') + 1)..], out var host)
            ? new PlainForm(ports[(colon + 1)..], $"{host} is the host's port, {container} the container's")
            : null;
    }

    /// <summary>The full name of a machine on the tailnet.</summary>
    /// <returns>Null: the text is no name of several parts.</returns>
    public static PlainForm? OfName(string text)
    {
        var parts = text.TrimEnd('.').Split('.');
        return parts.Length > 1 && Array.TrueForAll(parts, NameSyntax.IsValid) && !IPAddress.TryParse(text, out _)
            ? new PlainForm(parts[0], "the tailnet gives the rest of the name")
            : null;
    }
}
