using System.Net;

namespace Dovetail.Proxy.Identity;

/// <summary>Knows who is behind an address of the tailnet.</summary>
internal interface IPeerDirectory
{
    /// <summary>Looks up the peer at <paramref name="peer"/>, its address and port on the tailnet.</summary>
    /// <returns>Null when nobody is known there.</returns>
    /// <exception cref="PeerLookupException">The directory could not answer: nobody may be let in on the strength of it.</exception>
    Task<Peer?> WhoIsAsync(IPEndPoint peer, CancellationToken cancellationToken);
}
