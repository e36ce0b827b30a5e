namespace Dovetail.Proxy.Upstreams;

/// <summary>An upstream that a configuration names, with what Docker says of its container.</summary>
internal readonly record struct UpstreamCandidate(UpstreamTarget Target, UpstreamStanding Standing);
