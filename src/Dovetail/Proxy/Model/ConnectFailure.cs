namespace Dovetail.Proxy.Model;

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
