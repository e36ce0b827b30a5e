using System.Net;
using Dovetail.Proxy.Connections;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class DescriptorBudgetTests
{
    private static readonly IPAddress Laptop = IPAddress.Parse("100.64.0.7");

    [Theory]
    [InlineData(20_000, 9_744)]
    [InlineData(1_024, 256)]
    [InlineData(256, 64)]
    [InlineData(long.MaxValue, int.MaxValue / 2)]
    public void Half_of_what_is_left_is_for_connections_and_half_for_requests(long descriptors, int size) =>
        Assert.Equal(size, new DescriptorBudget(descriptors).Size);

    [Fact]
    public void The_process_has_room_for_connections() => Assert.True(DescriptorBudget.OfProcess().Size >= 64);

    [Fact]
    public void All_nodes_together_have_no_more_connections_than_there_are_descriptors()
    {
        var all = new DescriptorBudget(0);
        var one = new ConnectionBudget(1000, 1000, all);
        var other = new ConnectionBudget(1000, 1000, all);

        var entered = Enumerable.Range(0, 1000).Count(i => (i % 2 == 0 ? one : other).TryEnter());

        Assert.Equal(64, entered);
        Assert.Equal(64, one.Open + other.Open);
        one.Leave();
        Assert.True(other.TryEnter());
        Assert.False(one.TryEnter());
    }

    [Fact]
    public void One_peer_gets_a_quarter_at_most_however_much_the_limits_say()
    {
        var budget = new ConnectionBudget(1000, 1000, new DescriptorBudget(0));

        Assert.Equal(16, Enumerable.Range(0, 1000).Count(_ => budget.TryEnter(Laptop)));
    }

    [Fact]
    public void Requests_end_where_the_descriptors_do_and_go_on_when_one_has_ended()
    {
        var budget = new DescriptorBudget(0);

        Assert.Equal(64, Enumerable.Range(0, 1000).Count(_ => budget.TryEnterRequest()));

        budget.LeaveRequest();
        Assert.True(budget.TryEnterRequest());
        Assert.False(budget.TryEnterRequest());
    }
}
