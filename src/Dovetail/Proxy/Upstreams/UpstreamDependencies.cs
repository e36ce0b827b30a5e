using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>What all upstreams of a service use.</summary>
/// <param name="Random">For the jitter of probes.</param>
/// <param name="Failing">Told which upstreams cease to accept connections, and which accept again.</param>
internal sealed record UpstreamDependencies(
    string Service, ListenerOptions Options, TimeProvider Time, Random Random, FailingUpstreams Failing, ILogger Logger);
