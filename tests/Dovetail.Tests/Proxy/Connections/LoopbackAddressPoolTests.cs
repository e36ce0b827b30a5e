using System.Net;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class LoopbackAddressPoolTests
{
    [Fact]
    public void A_service_gets_the_same_address_every_time()
    {
        Assert.Equal(new LoopbackAddressPool().Take("web"), new LoopbackAddressPool().Take("web"));
    }

    [Fact]
    public void A_taken_address_is_given_to_nobody_else_until_it_is_returned()
    {
        var pool = new LoopbackAddressPool();
        var first = pool.Take("web");

        var second = pool.Take("web");
        pool.Return(first);

        Assert.NotEqual(first, second);
        Assert.Equal(first, pool.Take("web"));
    }

    [Fact]
    public void Every_address_is_in_the_range_and_looks_like_a_hosts()
    {
        var pool = new LoopbackAddressPool();
        var all = new HashSet<IPAddress>();
        for (var i = 0; i < 254 * 254; i++)
        {
            var address = pool.Take("web", i);
            var bytes = address.GetAddressBytes();
            Assert.True(bytes is [127, 83, not 0 and not 255, not 0 and not 255], address.ToString());
            Assert.True(all.Add(address));
        }

        Assert.Throws<InvalidOperationException>(() => pool.Take("web"));
    }
}
