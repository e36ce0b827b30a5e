namespace Dovetail.Proxy.Connections;

/// <summary>Tells which process may connect to a listener.</summary>
internal interface IAllowedProcess
{
    /// <summary>Process id of the node's tailscaled; null while none runs, and then nobody may connect.</summary>
    int? ProcessId { get; }
}
