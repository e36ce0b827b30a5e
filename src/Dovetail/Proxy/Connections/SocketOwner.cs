using System.Net;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Tells whether the socket at the other end of a loopback connection belongs to a given process. The kernel names the
/// socket's inode (<see cref="NetlinkSocketTable"/>), and the process shows its sockets as <c>socket:[inode]</c> in
/// <c>/proc/PID/fd</c> (<see cref="ProcessDescriptors"/>). Linux only.
/// </summary>
internal sealed class SocketOwner : IDisposable
{
    private readonly NetlinkSocketTable _netlink = new();
    private readonly ProcessDescriptors _descriptors = new();

    /// <param name="client">The connecting end.</param>
    /// <param name="listener">The accepted end.</param>
    /// <param name="processId">The process that should own the connecting end.</param>
    public bool IsOwnedBy(IPEndPoint client, IPEndPoint listener, int processId)
    {
        var inode = _netlink.FindInode(client, listener) ?? ProcSocketTable.FindInode(client, listener);

        // Zero is a socket that no process holds any more.
        return inode is > 0 and { } found && _descriptors.HasSocket(processId, found);
    }

    public void Dispose() => _netlink.Dispose();
}
