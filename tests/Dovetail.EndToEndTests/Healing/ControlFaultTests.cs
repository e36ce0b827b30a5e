using System.Net;
using Dovetail.EndToEndTests.Harness;
using FakeTailscale.Control;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>The control server or the certificate authority is away or in trouble.</summary>
public sealed class ControlFaultTests(HealingFixture fixture) : HealingTest(fixture)
{
    // up-unreachable.txt.
    [Fact(Timeout = 120_000)]
    public async Task A_new_node_without_a_control_server_says_so_and_heals_when_it_is_back()
    {
        Control.Faults.Unreachable = true;
        await using var container = await Fixture.RunServiceAsync("early");

        await Fixture.NamedAsync("early", "control-unreachable");

        Control.Faults.Unreachable = false;
        await Fixture.HealedAsync("early", "control-unreachable");
        Assert.Equal(1, Fixture.Machine("early").RegistrationCount);
    }

    // status-nostate-control-unreachable-with-state.json.
    [Fact(Timeout = 120_000)]
    public async Task A_known_node_that_starts_without_a_control_server_says_so_and_heals_as_the_same_machine()
    {
        await using var container = await Fixture.ReadyServiceAsync("cutoff");
        var before = Fixture.Machine("cutoff");
        var status = (await Daemon.StatusAsync(Cancellation)).Find("cutoff")!;
        Control.Faults.Unreachable = true;
        Signals.Send(status.Tailscaled!.Pid!.Value, Signals.Kill);

        await Fixture.NamedAsync("cutoff", "control-unreachable", seen => seen.Tailscaled!.Restarts == 1);

        Control.Faults.Unreachable = false;
        await Fixture.HealedAsync("cutoff", "control-unreachable");
        var after = Fixture.Machine("cutoff");
        Assert.Equal((before.StableId, before.IPv4, 1), (after.StableId, after.IPv4, after.RegistrationCount));
        Assert.Equal(1, Control.CertificateOrders(after.DnsName));
    }

    // Recorded with 1.96.5: only Self.Online tells of it; the bus is silent.
    [Fact(Timeout = 120_000)]
    public async Task A_running_node_whose_control_server_goes_away_says_so_and_serves_on_without_a_break()
    {
        await using var container = await Fixture.ReadyServiceAsync("lost");
        await using var load = new SteadyLoad(Fixture.Peer, ["lost"]);
        Control.Faults.Unreachable = true;

        await Fixture.NamedAsync("lost", "control-unreachable", seen => seen.State == "Ready");
        // So long that tailscaled itself asks for the control server at ever longer intervals.
        await Eventually.StaysAsync(
            () => load.Results.All(result => result.Failure is null), "the page", TimeSpan.FromSeconds(6));

        Control.Faults.Unreachable = false;
        var status = await Fixture.HealedAsync("lost", "control-unreachable", seen => !seen.Has("machine-removed"));
        await load.StopAsync();
        Assert.DoesNotContain(load.Results, result => result.Failure is not null);
        Assert.Equal(0, status.Tailscaled!.Restarts);
        Assert.Equal(1, Fixture.Machine("lost").RegistrationCount);
    }

    // cert-acme.txt: without CertDomains the cert command is an error.
    [Fact(Timeout = 120_000)]
    public async Task A_tailnet_without_HTTPS_is_named_and_served_by_HTTP_until_it_is_switched_on()
    {
        Control.Faults.CertificatesEnabled = false;
        await using var container = await Fixture.RunServiceAsync("plain");

        var status = await Fixture.NamedAsync("plain", "https-not-enabled", seen => seen.State == "Ready");
        Assert.Equal(("Notice", "http"), (status.Condition("https-not-enabled").Severity, new Uri(status.Url!).Scheme));
        await Fixture.AnswersAsync("plain", "http");

        Control.Faults.CertificatesEnabled = true;
        await Fixture.HealedAsync("plain", "https-not-enabled", seen => seen.Url!.StartsWith("https:", StringComparison.Ordinal));
        await Fixture.AnswersAsync("plain", "http", HttpStatusCode.PermanentRedirect);
    }

    // cert-acme.txt; the change on a running node is not recorded.
    [Fact(Timeout = 120_000)]
    public async Task HTTPS_that_is_switched_off_under_a_running_node_is_named_and_its_certificate_served_on()
    {
        await using var container = await Fixture.ReadyServiceAsync("switched");
        Control.Faults.CertificatesEnabled = false;

        await Fixture.NamedAsync("switched", "https-not-enabled");
        await Fixture.AnswersAsync("switched");

        Control.Faults.CertificatesEnabled = true;
        await Fixture.HealedAsync("switched", "https-not-enabled");
        Assert.Equal(1, Control.CertificateOrders(Fixture.Machine("switched").DnsName));
    }

    // cert-acme.txt: an error at once.
    [Theory(Timeout = 120_000)]
    [InlineData("acmedown", AcmeBehavior.Down)]
    [InlineData("acmerefuses", AcmeBehavior.RefuseChallenge)]
    public Task A_new_node_whose_certificate_is_refused_says_so_and_heals_when_it_is_granted(string service, AcmeBehavior trouble) =>
        SeeCertificateTroubleAsync(service, trouble, "acme-error");

    // Recorded with 1.96.5, for 500, 429 and a slow authority: the call does not return, and says nothing until it is left.
    [Theory(Timeout = 120_000)]
    [InlineData("acmefails", AcmeBehavior.Error500)]
    [InlineData("acmelimits", AcmeBehavior.RateLimited429)]
    [InlineData("acmehangs", AcmeBehavior.Slow)]
    public Task A_new_node_that_waits_for_its_certificate_says_so_and_heals_when_it_comes(string service, AcmeBehavior trouble)
    {
        Control.Faults.AcmeDelay = TimeSpan.FromSeconds(12);
        return SeeCertificateTroubleAsync(service, trouble, "acme-slow");
    }

    // Recorded with 1.96.5: a valid certificate is answered from disk, whatever the authority does.
    [Theory(Timeout = 120_000)]
    [InlineData("keptdown", AcmeBehavior.Down)]
    [InlineData("keptfails", AcmeBehavior.Error500)]
    [InlineData("keptlimits", AcmeBehavior.RateLimited429)]
    public async Task A_certificate_is_kept_and_served_while_its_authority_is_in_trouble_even_by_a_new_tailscaled(
        string service, AcmeBehavior trouble)
    {
        await using var container = await Fixture.ReadyServiceAsync(service);
        var before = (await Daemon.StatusAsync(Cancellation)).Find(service)!.Certificate;
        Control.Faults.Acme = trouble;

        (await Daemon.CommandAsync(["restart", service], Cancellation)).MustSucceed();
        await Daemon.ServiceAsync(
            service, seen => seen is { State: "Ready", Tailscaled.Restarts: 1 }, "Ready again", HealingFixture.HealedWithin);
        await Fixture.AnswersAsync(service);

        Assert.Equal(before, (await Daemon.StatusAsync(Cancellation)).Find(service)!.Certificate);
        Assert.Equal(1, Control.CertificateOrders(Fixture.Machine(service).DnsName));
    }

    private async Task SeeCertificateTroubleAsync(string service, AcmeBehavior trouble, string condition)
    {
        Control.Faults.Acme = trouble;
        await using var container = await Fixture.RunServiceAsync(service);

        await Fixture.NamedAsync(service, condition, seen => seen.State == "CertPending");

        Control.Faults.Acme = AcmeBehavior.Ok;
        await Fixture.HealedAsync(service, condition);
        Assert.Equal(1, Control.CertificateOrders(Fixture.Machine(service).DnsName));
    }
}
