using Dovetail.Proxy.Model;
using Dovetail.Services.Model;

namespace Dovetail.Proxy.Identity;

/// <summary>What a listener serves by now. A request or connection takes <see cref="Current"/> once and keeps to it.</summary>
internal sealed class ListenerState(ListenerConfig initial)
{
    private volatile ServedConfig _current = new(initial);

    public ServedConfig Current => _current;

    /// <summary>Serves by <paramref name="config"/> from the next request on.</summary>
    public void Set(ListenerConfig config) => _current = new ServedConfig(config);
}

/// <summary>A configuration with the policies that are compiled from it once.</summary>
internal sealed class ServedConfig(ListenerConfig config)
{
    // A policy without a rule would let everybody.
    private readonly AccessPolicy? _forwarders =
        config.Service is { Forwarded: ForwardedMode.Trust, ForwardedFrom: { Count: > 0 } from } ? new AccessPolicy(from) : null;

    public ListenerConfig Config { get; } = config;

    public AccessPolicy Policy { get; } = new(config.Service.Allow);

    /// <summary>Whether a request's peer has to be looked up at all.</summary>
    public bool NeedsPeer => Config.Service.Identity || !Policy.AllowsEverybody || _forwarders is not null;

    /// <summary>Whether the word of this peer on the way of its requests is passed on. Of one that is not known it never is.</summary>
    public bool Believes(PeerIdentity peer) => _forwarders?.Decide(peer) == AccessDecision.Allowed;
}
