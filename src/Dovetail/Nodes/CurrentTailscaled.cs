using Dovetail.Proxy.Connections;

namespace Dovetail.Nodes;

/// <summary>Tells the listener which tailscaled is its own at the moment.</summary>
internal sealed class CurrentTailscaled : IAllowedProcess
{
    private volatile int _processId;

    public int? ProcessId => _processId is 0 ? null : _processId;

    /// <param name="processId">Null: none.</param>
    public void Set(int? processId) => _processId = processId ?? 0;
}
