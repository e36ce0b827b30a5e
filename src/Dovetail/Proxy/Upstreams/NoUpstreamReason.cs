namespace Dovetail.Proxy.Upstreams;

/// <summary>Why a search for an upstream ended without one.</summary>
internal enum NoUpstreamReason
{
    /// <summary>The service has no upstream.</summary>
    NoUpstream,

    /// <summary>No upstream accepts connections.</summary>
    Refused,

    /// <summary>The upstreams do not answer.</summary>
    TimedOut,

    /// <summary>Too many requests wait already.</summary>
    TooManyHeld,

    /// <summary>All services together have as many requests as there are file descriptors for.</summary>
    TooManyRequests,

    /// <summary>The listener stops.</summary>
    Stopping,
}
