using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Threading.RateLimiting;
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
    public async Task The_budget_of_the_process_is_that_of_its_limit_on_open_files()
    {
        // A child inherits the limit.
        var start = new ProcessStartInfo("bash") { ArgumentList = { "-c", "ulimit -n" }, RedirectStandardOutput = true };
        using var bash = Process.Start(start)!;
        var limit = (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Trim();

        var budget = new DescriptorBudget(limit == "unlimited" ? long.MaxValue : long.Parse(limit, CultureInfo.InvariantCulture));

        Assert.Equal(budget.Size, DescriptorBudget.OfProcess().Size);
    }

    [Fact]
    public void All_nodes_together_have_no_more_connections_than_there_are_descriptors()
    {
        var all = new DescriptorBudget(0);
        var one = new ConnectionBudget(1000, 1000, all);
        var other = new ConnectionBudget(1000, 1000, all);

        var leases = Enumerable.Range(0, 1000).Select(i => (i % 2 == 0 ? one : other).Connections.AttemptAcquire()).ToList();

        Assert.Equal(64, leases.Count(lease => lease.IsAcquired));
        leases.First(lease => lease.IsAcquired).Dispose();
        Assert.True(IsFree(other.Connections));
        Assert.False(IsFree(one.Connections));
    }

    [Fact]
    public void A_node_that_is_full_takes_nothing_from_the_others()
    {
        var all = new DescriptorBudget(0);
        var full = new ConnectionBudget(1, 1, all);
        var lease = full.Connections.AttemptAcquire();

        for (var i = 0; i < 1000; i++)
        {
            Assert.False(IsFree(full.Connections));
        }

        Assert.Equal(63, all.Connections.GetStatistics()!.CurrentAvailablePermits);
        lease.Dispose();
        lease.Dispose();
        Assert.Equal(64, all.Connections.GetStatistics()!.CurrentAvailablePermits);
        Assert.True(IsFree(full.Connections));
        Assert.False(IsFree(full.Connections));
    }

    [Fact]
    public void One_peer_gets_a_quarter_at_most_however_much_the_limits_say()
    {
        var budget = new ConnectionBudget(1000, 1000, new DescriptorBudget(0));

        Assert.Equal(16, Enumerable.Range(0, 1000).Count(_ => budget.TryEnter(Laptop)));
        budget.Leave(Laptop);
        Assert.True(budget.TryEnter(Laptop));
        Assert.False(budget.TryEnter(Laptop));
    }

    [Fact]
    public void Requests_end_where_the_descriptors_do_and_go_on_when_one_has_ended()
    {
        var budget = new DescriptorBudget(0);

        var leases = Enumerable.Range(0, 1000).Select(_ => budget.Requests.AttemptAcquire()).ToList();
        Assert.Equal(64, leases.Count(lease => lease.IsAcquired));

        leases[0].Dispose();
        Assert.True(IsFree(budget.Requests));
        Assert.False(IsFree(budget.Requests));
    }

    // Takes the place, if it is.
    private static bool IsFree(RateLimiter limiter) => limiter.AttemptAcquire().IsAcquired;
}
