namespace Dovetail.Proxy.Model;

/// <summary>An upstream that could not be connected to the last time it was tried.</summary>
internal sealed record FailingUpstream(UpstreamAddress Address, ConnectFailure Failure);
