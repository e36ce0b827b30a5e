namespace Dovetail.Proxy.Upstreams;

/// <summary>How much sense it makes to send a request to an upstream, by what Docker says of its container; the best comes first.</summary>
internal enum UpstreamStanding
{
    /// <summary>Takes requests.</summary>
    Ready,

    /// <summary><c>starting</c> or <c>unhealthy</c>: gets requests only while no other upstream is better.</summary>
    NotReady,

    /// <summary>Told to stop: whatever is sent to it may be cut off.</summary>
    Stopping,
}
