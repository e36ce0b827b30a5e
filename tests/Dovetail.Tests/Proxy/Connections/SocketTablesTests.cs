using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class SocketTablesTests
{
    [Fact]
    public void Both_tables_name_the_same_socket()
    {
        using var pair = new Pair();
        using var netlink = new NetlinkSocketTable();

        var fromProc = ProcSocketTable.FindInode(pair.ClientEnd, pair.ListenerEnd);

        Assert.NotNull(fromProc);
        Assert.NotEqual(0u, fromProc);
        // Where netlink is not permitted, the other table is the answer.
        Assert.Contains(netlink.FindInode(pair.ClientEnd, pair.ListenerEnd), new uint?[] { fromProc, null });
    }

    [Fact]
    public void A_socket_that_does_not_exist_is_not_found()
    {
        using var netlink = new NetlinkSocketTable();
        var one = new IPEndPoint(IPAddress.Parse("127.83.200.1"), 1);
        var other = new IPEndPoint(IPAddress.Parse("127.83.200.1"), 2);

        Assert.Null(netlink.FindInode(one, other));
        Assert.Null(ProcSocketTable.FindInode(one, other));
    }

    [Fact]
    public void A_socket_belongs_to_the_process_that_opened_it_and_to_no_other()
    {
        using var pair = new Pair();
        using var sockets = new SocketOwner();
        using var other = Process.Start(new ProcessStartInfo("sleep", "60"))!;
        try
        {
            Assert.True(sockets.IsOwnedBy(pair.ClientEnd, pair.ListenerEnd, Environment.ProcessId));
            Assert.False(sockets.IsOwnedBy(pair.ClientEnd, pair.ListenerEnd, other.Id));
            Assert.False(sockets.IsOwnedBy(pair.ClientEnd, pair.ListenerEnd, int.MaxValue));
        }
        finally
        {
            other.Kill();
            other.WaitForExit();
        }
    }

    [Fact]
    public void The_table_of_proc_is_read_as_the_kernel_prints_it()
    {
        string[] lines =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:9C40 0701537F:20FB 01 00000000:00000000 00:00000000 00000000     0        0 21653 1 "
                + "0000000000000000 20 4 30 10 -1",
        ];

        if (!BitConverter.IsLittleEndian)
        {
            Assert.Skip("The sample is of a little-endian machine.");
        }

        Assert.Equal(21653u, ProcSocketTable.FindInode(lines, IPEndPoint.Parse("127.0.0.1:40000"), IPEndPoint.Parse("127.83.1.7:8443")));
        Assert.Null(ProcSocketTable.FindInode(lines, IPEndPoint.Parse("127.0.0.1:40001"), IPEndPoint.Parse("127.83.1.7:8443")));
    }

    private sealed class Pair : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly Socket _accepted;

        public Pair()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Parse("127.99.0.2"), 0));
            _listener.Listen();
            _client.Connect(_listener.LocalEndPoint!);
            _accepted = _listener.Accept();
        }

        public IPEndPoint ClientEnd => (IPEndPoint)_accepted.RemoteEndPoint!;

        public IPEndPoint ListenerEnd => (IPEndPoint)_accepted.LocalEndPoint!;

        public void Dispose()
        {
            _accepted.Dispose();
            _client.Dispose();
            _listener.Dispose();
        }
    }
}
