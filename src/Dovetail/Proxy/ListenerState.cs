using Dovetail.Proxy.Identity;
using Dovetail.Services;

namespace Dovetail.Proxy;

/// <summary>A configuration with what is computed from it once; swapped as a whole.</summary>
internal sealed class ListenerState(ListenerConfig config)
{
    public ListenerConfig Config { get; } = config;

    public AccessPolicy Policy { get; } = AccessPolicy.Parse(config.Service.Allow);

    /// <summary>Whether a request's peer has to be looked up at all.</summary>
    public bool NeedsPeer => Config.Service.Identity || !Policy.AllowsEverybody;

    /// <summary>Whether a container in this state of health takes requests like any other.</summary>
    public static bool IsPreferred(HealthMode mode, UpstreamHealth health) =>
        mode == HealthMode.Ignore || health is UpstreamHealth.None or UpstreamHealth.Healthy;
}
