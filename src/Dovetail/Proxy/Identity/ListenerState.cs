using Dovetail.Proxy.Model;
using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Identity;

/// <summary>A configuration with what is computed from it once; swapped as a whole.</summary>
internal sealed class ListenerState(ListenerConfig config)
{
    public ListenerConfig Config { get; } = config;

    public AccessPolicy Policy { get; } = new(config.Service.Allow);

    /// <summary>Whether a request's peer has to be looked up at all.</summary>
    public bool NeedsPeer => Config.Service.Identity || !Policy.AllowsEverybody;

    /// <summary>What a container's state of health means for its requests.</summary>
    public static UpstreamStanding Standing(HealthMode mode, UpstreamHealth health) => health switch
    {
        UpstreamHealth.Stopping => UpstreamStanding.Stopping,
        UpstreamHealth.Starting or UpstreamHealth.Unhealthy when mode == HealthMode.Wait => UpstreamStanding.NotReady,
        _ => UpstreamStanding.Ready,
    };
}
