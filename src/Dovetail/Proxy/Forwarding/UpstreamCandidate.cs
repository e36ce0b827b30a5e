namespace Dovetail.Proxy.Forwarding;

/// <summary>An upstream that a configuration names, with what Docker says of its container.</summary>
/// <param name="IsPreferred">False: <c>starting</c> or <c>unhealthy</c>, used only while no other upstream is better.</param>
internal readonly record struct UpstreamCandidate(UpstreamTarget Target, bool IsPreferred);
