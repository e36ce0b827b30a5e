using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>What all upstreams of a service use.</summary>
/// <param name="Random">For the jitter of probes.</param>
/// <param name="Failing">Told which upstreams cease to accept connections, and which accept again.</param>
/// <param name="Use">Told of requests, and starts containers; null: none is ever started or stopped.</param>
internal sealed record UpstreamDependencies(
    string Service, ListenerOptions Options, TimeProvider Time, Random Random, FailingUpstreams Failing, ILogger Logger,
    IServiceUse? Use = null);
