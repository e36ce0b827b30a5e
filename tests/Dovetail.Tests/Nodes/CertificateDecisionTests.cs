using Dovetail.Nodes;
using Dovetail.Tailscale;
using static Dovetail.Tests.Nodes.NodeFactsBuilder;

namespace Dovetail.Tests.Nodes;

public sealed class CertificateDecisionTests
{
    private static readonly NodeTimings Timings = new();

    [Fact]
    public void A_fresh_certificate_is_asked_for_again_within_half_a_day() =>
        Assert.Equal(Now.AddHours(12), CertificateDecision.NextCall(Now, Now.AddDays(90), Now, Timings));

    [Fact]
    public void The_call_that_starts_the_renewal_is_not_put_off_past_the_last_third() =>
        Assert.Equal(Now.AddHours(6), CertificateDecision.NextCall(Now.AddHours(-54), Now.AddHours(36), Now, Timings));

    // 05-cert/renewal.txt: the call returns the old certificate, the new one is there a moment later.
    [Fact]
    public void In_the_last_third_it_is_asked_for_soon() =>
        Assert.Equal(Now.AddMinutes(1), CertificateDecision.NextCall(Now.AddDays(-80), Now.AddDays(10), Now, Timings));

    [Fact]
    public void Nothing_is_asked_for_while_a_call_runs_or_the_node_does_not()
    {
        var due = Ready() with { Certificate = Ready().Certificate with { NextCall = Now } };

        Assert.NotNull(CertificateDecision.Decide(due, Now));
        Assert.Null(CertificateDecision.Decide(due with { Certificate = due.Certificate with { Running = true } }, Now));
        Assert.Null(CertificateDecision.Decide(due with { Backend = BackendState.NeedsLogin }, Now));
    }

    [Fact]
    public void A_renamed_node_asks_at_once_but_respects_a_failure()
    {
        var renamed = Ready() with { Status = Running(dnsName: "www.tailtest.ts.net.", certDomains: "www.tailtest.ts.net").Status };

        Assert.Equal("www.tailtest.ts.net", CertificateDecision.Decide(renamed, Now));
        Assert.Null(CertificateDecision.Decide(renamed with { Certificate = renamed.Certificate with { Failures = 1 } }, Now));
    }
}
