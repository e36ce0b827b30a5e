namespace Dovetail.Proxy.Model;

/// <summary>An upstream that could not be connected to the last time it was tried.</summary>
internal sealed record FailingUpstream(UpstreamAddress Address, ConnectFailure Failure);

/// <summary>Why an upstream could not be connected to.</summary>
internal enum ConnectFailure
{
    /// <summary>Nothing listens there.</summary>
    Refused,

    /// <summary>No route, no such host, or the network is down.</summary>
    Unreachable,

    /// <summary>No answer in time.</summary>
    TimedOut,
}
