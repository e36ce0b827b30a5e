using Dovetail.Proxy.Connections;

namespace Dovetail.Nodes;

/// <summary>Tells the listener which tailscaled is its own at the moment.</summary>
internal sealed class CurrentTailscaled(NodeFactsStore facts) : IAllowedProcess
{
    public int? ProcessId => facts.Current.Daemon.ProcessId;
}
