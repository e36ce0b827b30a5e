using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Tailscale;
using static Dovetail.Tests.Nodes.Decisions.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes.Decisions;

public sealed class CertificateDecisionTests
{
    private static readonly NodeTimingOptions Timings = new();

    [Theory]
    [InlineData(0, 12)]
    [InlineData(1, 10.5)]
    public void A_fresh_certificate_is_asked_for_again_within_half_a_day_but_not_by_all_nodes_at_once(double random, double hours) =>
        Assert.Equal(Now.AddHours(hours), Next(Now, Now.AddDays(90), renewals: 0, random));

    [Fact]
    public void The_call_that_starts_the_renewal_is_not_put_off_past_the_last_third() =>
        Assert.Equal(Now.AddHours(6), Next(Now.AddHours(-54), Now.AddHours(36), renewals: 0));

    // Recorded: each call in the last third begins an order.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(4, 8)]
    [InlineData(30, 60)]
    public void A_renewal_that_fails_is_tried_again_ever_later(int renewals, double minutes) =>
        Assert.Equal(Now.AddMinutes(minutes), Next(Now.AddDays(-80), Now.AddDays(10), renewals));

    [Fact]
    public void A_renewal_is_tried_several_times_before_the_end_however_short_life_is()
    {
        Assert.Equal(Now.AddSeconds(5), Next(Now.AddHours(-1), Now.AddSeconds(40), renewals: 1));
        Assert.Equal(Now.AddSeconds(1), Next(Now.AddHours(-1), Now.AddSeconds(1), renewals: 1));
    }

    // tailscale replaces a certificate that is not valid for as long as --min-validity demands.
    [Theory]
    [InlineData(90 * 24 * 3600)]
    [InlineData(6 * 24 * 3600)]
    [InlineData(3660)]
    [InlineData(100)]
    public void A_renewal_demands_more_than_is_left_and_less_than_a_new_one_has(double life)
    {
        var until = Now.AddSeconds(life);
        var due = until.AddSeconds(-life / 3);

        Assert.True(CertificateDecision.IsDue(Now, until, due));
        Assert.InRange(CertificateDecision.MinValidity(Now, until), (until - due) + TimeSpan.FromTicks(1), TimeSpan.FromSeconds(life / 2));
    }

    [Fact]
    public void Nothing_is_asked_for_while_a_call_runs_or_the_node_does_not()
    {
        var due = Ready() with { Certificate = Ready().Certificate with { NextCall = Now } };

        Assert.NotNull(CertificateDecision.Decide(due, Now));
        Assert.Null(CertificateDecision.Decide(due.Doing(Activity.Certificate), Now));
        Assert.Null(CertificateDecision.Decide(due.WithBackend(BackendState.NeedsLogin), Now));
    }

    [Fact]
    public void A_renamed_node_asks_at_once_but_respects_a_failure()
    {
        var renamed = Ready().WithStatus(Running(dnsName: "www.tailtest.ts.net.", certDomains: "www.tailtest.ts.net").Tailnet.Status);

        Assert.Equal("www.tailtest.ts.net", CertificateDecision.Decide(renamed, Now));
        Assert.Null(CertificateDecision.Decide(renamed with { Certificate = renamed.Certificate with { Failures = 1 } }, Now));
    }

    private static DateTimeOffset Next(DateTimeOffset notBefore, DateTimeOffset notAfter, int renewals, double? random = null) =>
        CertificateDecision.NextCall(notBefore, notAfter, Now, renewals, Timings, random ?? (renewals == 0 ? 0 : 0.5));
}
