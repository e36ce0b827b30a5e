using System.Text;
using Dovetail.Nodes;

namespace Dovetail.Tests.Nodes;

public sealed class NodePathsTests
{
    [Fact]
    public void The_state_directory_is_where_the_go_dovetail_keeps_it() =>
        Assert.Equal("/var/lib/dovetail/photos", NodePaths.For("/var/lib/dovetail", "/run/dovetail", "photos").State);

    [Fact]
    public void A_service_cannot_take_the_admin_sockets_place() =>
        Assert.Equal("/run/dovetail/nodes/dovetail.sock", NodePaths.For("/s", "/run/dovetail", "dovetail").Socket);

    [Fact]
    public void A_socket_path_that_the_kernel_would_refuse_is_shortened_without_a_clash()
    {
        var runtime = "/" + new string('r', 79);
        var first = NodePaths.For("/s", runtime, new string('a', 63)).Socket;
        var second = NodePaths.For("/s", runtime, new string('a', 62) + "b").Socket;

        Assert.True(NodePaths.Fits(runtime));
        Assert.InRange(Encoding.UTF8.GetByteCount(first), 1, 107);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_directory_too_deep_for_any_socket_is_told() => Assert.False(NodePaths.Fits("/" + new string('r', 90)));
}
