using Dovetail.Proxy.Identity;

namespace Dovetail.Proxy;

/// <summary>A configuration with what is computed from it once; swapped as a whole.</summary>
internal sealed class ListenerState(ListenerConfig config)
{
    public ListenerConfig Config { get; } = config;

    public AccessPolicy Policy { get; } = AccessPolicy.Parse(config.Service.Allow);

    /// <summary>Whether a request's peer has to be looked up at all.</summary>
    public bool NeedsPeer => Config.Service.Identity || !Policy.AllowsEverybody;
}
