using System.Net;
using Dovetail.Common;

namespace Dovetail.Proxy.Identity;

/// <summary>Knows who is behind an address of the tailnet.</summary>
internal interface IPeerDirectory
{
    /// <summary>Looks up the peer at <paramref name="peer"/>, its address and port on the tailnet.</summary>
    /// <returns>Null when nobody is known there.</returns>
    /// <exception cref="PeerLookupException">The directory could not answer: the peer counts as unknown.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    Task<Peer?> WhoIsAsync(IPEndPoint peer, CancellationToken cancellationToken);
}

/// <summary>Who is at the other end of a connection, as the tailnet says.</summary>
internal sealed record Peer
{
    /// <summary>Full tailnet name of the peer's node without a trailing dot; for logs.</summary>
    public required string NodeName { get; init; }

    /// <summary>Null for a tagged device: it acts for no person.</summary>
    public PeerUser? User { get; init; }

    /// <summary>Tags of the peer's node, each with its <c>tag:</c> prefix.</summary>
    public EquatableArray<string> Tags { get; init; }

    /// <summary>Names of the application capabilities that the tailnet's policy grants this peer towards this node.</summary>
    public EquatableArray<string> Capabilities { get; init; }
}

/// <summary>The person behind a peer.</summary>
/// <param name="Login">Login name, as a rule an address: <c>ada@example.com</c>.</param>
/// <param name="Name">Display name; any Unicode text, may be empty.</param>
/// <param name="ProfilePicture">URL of a picture; may be empty.</param>
/// <param name="Tailnet">Name of the tailnet; may be empty.</param>
internal sealed record PeerUser(string Login, string Name, string ProfilePicture, string Tailnet);

/// <summary>The peer directory did not answer, or not in a way that can be understood.</summary>
internal sealed class PeerLookupException : Exception
{
    public PeerLookupException(string message)
        : base(message)
    {
    }

    public PeerLookupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
