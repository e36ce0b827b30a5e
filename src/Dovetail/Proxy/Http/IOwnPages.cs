using Dovetail.Proxy.Identity;

namespace Dovetail.Proxy.Http;

/// <summary>Answers the requests of a service that Dovetail serves itself.</summary>
internal interface IOwnPages
{
    /// <summary>Answers a request that the service's rules have let in.</summary>
    /// <param name="peer">Who asks, as the tailnet says; not known only where the rules let everybody in.</param>
    /// <param name="stopping">The listener stops: what has no end of its own ends now.</param>
    Task AnswerAsync(HttpContext context, PeerIdentity peer, CancellationToken stopping);
}
