using Dovetail.Services.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>An upstream that a configuration names, with what Docker says of its container.</summary>
internal readonly record struct UpstreamCandidate(UpstreamTarget Target, UpstreamStanding Standing)
{
    /// <summary>What a container's state of health means for its requests.</summary>
    public static UpstreamStanding StandingOf(HealthMode mode, UpstreamHealth health) => health switch
    {
        UpstreamHealth.Stopping => UpstreamStanding.Stopping,
        UpstreamHealth.Starting or UpstreamHealth.Unhealthy when mode == HealthMode.Wait => UpstreamStanding.NotReady,
        _ => UpstreamStanding.Ready,
    };
}

/// <summary>How much sense it makes to send a request to an upstream, by what Docker says of its container; the best comes first.</summary>
internal enum UpstreamStanding
{
    /// <summary>Takes requests.</summary>
    Ready,

    /// <summary><c>starting</c> or <c>unhealthy</c>: gets requests only while no other upstream is better.</summary>
    NotReady,

    /// <summary>Told to stop: a request that is sent to it may be cut off.</summary>
    Stopping,
}
