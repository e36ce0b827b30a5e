using Dovetail.Admin;
using Dovetail.Docker;
using Dovetail.Reconciliation;

namespace Dovetail.Tests.Admin;

public sealed class HealthRulesTests
{
    private const string Endpoint = "unix:///var/run/docker.sock";

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Resync = TimeSpan.FromSeconds(30);

    [Fact]
    public void It_is_healthy_when_containers_are_listed_and_the_loop_goes_round() =>
        Assert.Null(ReasonOf(reconciled: TimeSpan.FromSeconds(29), Listed(TimeSpan.FromSeconds(29))));

    [Fact]
    public void Before_docker_was_ever_listed_it_is_unhealthy_and_says_where_it_looked_and_what_failed()
    {
        var reason = ReasonOf(null, new DockerHealth { LastError = "no such file" });

        Assert.Contains(Endpoint, reason, StringComparison.Ordinal);
        Assert.Contains("no such file", reason, StringComparison.Ordinal);
        Assert.Contains("still connecting", ReasonOf(null, new DockerHealth()), StringComparison.Ordinal);
    }

    [Fact]
    public void Before_the_first_round_it_is_unhealthy_although_docker_answers() =>
        Assert.Contains("control loop", ReasonOf(null, Listed(TimeSpan.Zero)), StringComparison.Ordinal);

    [Fact]
    public void A_docker_that_is_away_for_days_after_the_first_listing_leaves_it_healthy() =>
        Assert.Null(ReasonOf(TimeSpan.FromSeconds(10), Listed(TimeSpan.FromDays(3)) with { Connected = false, LastError = "refused" }));

    [Theory]
    [InlineData(210, null)]
    [InlineData(211, "control loop is stuck")]
    public void A_loop_without_a_round_for_far_longer_than_the_resync_is_unhealthy(int seconds, string? reason) =>
        AssertReason(reason, ReasonOf(TimeSpan.FromSeconds(seconds), Listed(TimeSpan.Zero)));

    [Fact]
    public void A_stuck_loop_is_unhealthy_also_while_docker_is_away() => AssertReason(
        "control loop is stuck", ReasonOf(TimeSpan.FromHours(1), Listed(TimeSpan.FromHours(1)) with { Connected = false }));

    [Theory]
    [InlineData(210, null)]
    [InlineData(211, "watcher is stuck")]
    public void A_watcher_that_is_connected_but_does_not_list_is_unhealthy(int seconds, string? reason) =>
        AssertReason(reason, ReasonOf(TimeSpan.Zero, Listed(TimeSpan.FromSeconds(seconds))));

    [Fact]
    public void A_long_resync_is_waited_for() =>
        Assert.True(From(TimeSpan.FromHours(3), Listed(TimeSpan.FromHours(3)), TimeSpan.FromHours(1)).Healthy);

    [Fact]
    public void Where_there_is_to_be_no_engine_none_is_missed()
    {
        Assert.Null(ReasonOf(TimeSpan.Zero, new DockerHealth { IsNone = true }));
        Assert.Contains("not completed a round yet", ReasonOf(null, new DockerHealth { IsNone = true }), StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_enough_that_one_of_several_engines_has_been_listed()
    {
        var away = new EngineHealth("nas", "tcp://nas:2375", new DockerHealth { LastError = "refused" });
        var listed = away with { Health = Listed(TimeSpan.Zero) };
        var none = new DockerHealth { IsNone = true };

        Assert.Null(ReasonOf(TimeSpan.Zero, Listed(TimeSpan.Zero), away));
        Assert.Null(ReasonOf(TimeSpan.Zero, new DockerHealth { LastError = "no such file" }, away, listed));
        Assert.Null(ReasonOf(TimeSpan.Zero, none, listed));
        Assert.Contains("Docker has not answered", ReasonOf(null, new DockerHealth(), away), StringComparison.Ordinal);
        var reason = ReasonOf(null, none, away);
        Assert.Contains("nas has not answered at tcp://nas:2375", reason, StringComparison.Ordinal);
        Assert.Contains("refused", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stuck_watcher_of_any_engine_is_unhealthy()
    {
        var stuck = new EngineHealth("nas", "tcp://nas:2375", Listed(TimeSpan.FromHours(1)));

        AssertReason("the watcher of Docker Engine nas is stuck", ReasonOf(TimeSpan.Zero, Listed(TimeSpan.Zero), stuck));
        Assert.Null(ReasonOf(TimeSpan.Zero, Listed(TimeSpan.Zero), stuck with { Health = stuck.Health with { Connected = false } }));
    }

    [Fact]
    public void A_clock_that_was_set_back_changes_nothing() =>
        Assert.Null(ReasonOf(TimeSpan.FromHours(-1), Listed(TimeSpan.FromHours(-1))));

    private static DockerHealth Listed(TimeSpan ago) => new() { Connected = true, LastListing = Now - ago };

    private static string? ReasonOf(TimeSpan? reconciled, DockerHealth docker, params EngineHealth[] further)
    {
        var health = From(reconciled, docker, Resync, further);
        Assert.Equal(health.Reason is null, health.Healthy);
        Assert.DoesNotContain('\n', health.Reason ?? "");
        return health.Reason;
    }

    private static HealthDocument From(TimeSpan? reconciled, DockerHealth docker, TimeSpan resync, params EngineHealth[] further)
    {
        var report = new ReconcilerReport { Nodes = [], Rejected = [], Warnings = [], LastReconciled = Now - reconciled };
        return HealthRules.From(report, docker, Endpoint, resync, Now, further);
    }

    private static void AssertReason(string? expected, string? actual)
    {
        if (expected is null)
        {
            Assert.Null(actual);
        }
        else
        {
            Assert.Contains(expected, actual, StringComparison.Ordinal);
        }
    }
}
