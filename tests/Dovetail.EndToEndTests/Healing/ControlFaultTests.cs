using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>The control server or the certificate authority is away or in trouble.</summary>
public abstract class ControlFaultTests(HealingFixture fixture) : HealingTest(fixture)
{
    // up-unreachable.txt.
    [Fact(Timeout = 300_000)]
    public async Task A_new_node_without_a_control_server_says_so_and_heals_when_it_is_back()
    {
        Control.GoAway();
        await using var container = await Fixture.RunServiceAsync("early");

        await Fixture.NamedAsync("early", "control-unreachable");

        Control.ComeBack();
        await Fixture.HealedAsync("early", "control-unreachable");
        Assert.Equal(1, await Fixture.Tailnet.RegistrationsOfAsync("early"));
    }

    // status-nostate-control-unreachable-with-state.json.
    [Fact(Timeout = 300_000)]
    public async Task A_known_node_that_starts_without_a_control_server_says_so_and_heals_as_the_same_machine()
    {
        await using var container = await Fixture.ReadyServiceAsync("cutoff");
        var before = await Fixture.MachineAsync("cutoff");
        var status = (await Daemon.StatusAsync(Cancellation)).Find("cutoff")!;
        Control.GoAway();
        Signals.Send(status.Tailscaled!.Pid!.Value, Signals.Kill);

        await Fixture.NamedAsync("cutoff", "control-unreachable", seen => seen.Tailscaled!.Restarts == 1);

        Control.ComeBack();
        await Fixture.HealedAsync("cutoff", "control-unreachable");
        var after = await Fixture.MachineAsync("cutoff");
        Assert.Equal((before.Identity, before.Key), (after.Identity, after.Key));
        Assert.Equal(1, await Control.CertificatesAsync(after.DnsName));
    }

    // Recorded with 1.96.5: only Self.Online tells of it; the bus is silent.
    [Fact(Timeout = 300_000)]
    public async Task A_running_node_whose_control_server_goes_away_says_so_and_serves_on_without_a_break()
    {
        await using var container = await Fixture.ReadyServiceAsync("lost");
        await using var load = new SteadyLoad(Fixture.Peer, ["lost"]);
        Control.GoAway();

        await Fixture.NamedAsync("lost", "control-unreachable", seen => seen.State == "Ready");
        // So long that tailscaled itself asks for the control server at ever longer intervals.
        await Eventually.StaysAsync(
            () => load.Results.All(result => result.Failure is null), "the page", TimeSpan.FromSeconds(6));

        Control.ComeBack();
        var status = await Fixture.HealedAsync("lost", "control-unreachable", seen => !seen.Has("machine-removed"));
        await load.StopAsync();
        Assert.DoesNotContain(load.Results, result => result.Failure is not null);
        Assert.Equal(0, status.Tailscaled!.Restarts);
        Assert.Equal(1, await Fixture.Tailnet.RegistrationsOfAsync("lost"));
    }

    // cert-acme.txt: without CertDomains the cert command is an error.
    [Fact(Timeout = 300_000)]
    public async Task A_tailnet_without_HTTPS_is_named_and_served_by_HTTP_until_it_is_switched_on()
    {
        await Control.ApplyAsync("rig/https?on=0");
        await using var container = await Fixture.RunServiceAsync("plain");

        var status = await Fixture.NamedAsync("plain", "https-not-enabled", seen => seen.State == "Ready");
        Assert.Equal(("Notice", "http"), (status.Condition("https-not-enabled").Severity, new Uri(status.Url!).Scheme));
        await Fixture.AnswersAsync("plain", "http");

        await Control.ApplyAsync("rig/https?on=1");
        await Fixture.HealedAsync("plain", "https-not-enabled", seen => seen.Url!.StartsWith("https:", StringComparison.Ordinal));
        await Fixture.AnswersAsync("plain", "http", HttpStatusCode.PermanentRedirect);
    }

    // cert-acme.txt; the change on a running node is not recorded.
    [Fact(Timeout = 300_000)]
    public async Task HTTPS_that_is_switched_off_under_a_running_node_is_named_and_its_certificate_served_on()
    {
        await using var container = await Fixture.ReadyServiceAsync("switched");
        await Control.ApplyAsync("rig/https?on=0");

        await Fixture.NamedAsync("switched", "https-not-enabled");
        await Fixture.AnswersAsync("switched");

        await Control.ApplyAsync("rig/https?on=1");
        await Fixture.HealedAsync("switched", "https-not-enabled");
        Assert.Equal(1, await Fixture.Tailnet.CertificatesOfAsync("switched"));
    }

    // cert-acme.txt: an error at once.
    [Theory(Timeout = 300_000)]
    [InlineData("acmedown", Acme.Down)]
    [InlineData("acmerefuses", Acme.Refuse)]
    public Task A_new_node_whose_certificate_is_refused_says_so_and_heals_when_it_is_granted(string service, Acme trouble) =>
        SeeCertificateTroubleAsync(service, trouble, "acme-error");

    // Recorded with 1.96.5, for 500, 429 and a slow authority: the call does not return, and says nothing until it is left.
    [Theory(Timeout = 300_000)]
    [InlineData("acmefails", Acme.Error500)]
    [InlineData("acmehangs", Acme.Ok)]
    public Task A_new_node_that_waits_for_its_certificate_says_so_and_heals_when_it_comes(string service, Acme trouble) =>
        SeeCertificateTroubleAsync(service, trouble, "acme-slow", delay: TimeSpan.FromSeconds(20));

    // The same recording; 1.102.3 answers it at once (429 with a Retry-After).
    [Fact(Timeout = 300_000)]
    public Task A_new_node_whose_certificate_authority_limits_orders_says_so_and_heals_when_it_comes() => SeeCertificateTroubleAsync(
        "acmelimits", Acme.RateLimited, Fixture.PlayedRelease == Releases.Oldest ? "acme-slow" : "acme-rate-limited");

    // Recorded with 1.96.5: a valid certificate is answered from disk, whatever the authority does.
    [Theory(Timeout = 300_000)]
    [InlineData("keptdown", Acme.Down)]
    [InlineData("keptfails", Acme.Error500)]
    [InlineData("keptlimits", Acme.RateLimited)]
    public async Task A_certificate_is_kept_and_served_while_its_authority_is_in_trouble_even_by_a_new_tailscaled(
        string service, Acme trouble)
    {
        await using var container = await Fixture.ReadyServiceAsync(service);
        var before = (await Daemon.StatusAsync(Cancellation)).Find(service)!.Certificate;
        await Control.SetAcmeAsync(trouble);

        (await Daemon.CommandAsync(["restart", service], Cancellation)).MustSucceed();
        await Daemon.ServiceAsync(
            service, seen => seen is { State: "Ready", Tailscaled.Restarts: 1 }, "Ready again", HealingFixture.HealedWithin);
        await Fixture.AnswersAsync(service);

        Assert.Equal(before, (await Daemon.StatusAsync(Cancellation)).Find(service)!.Certificate);
        Assert.Equal(1, await Fixture.Tailnet.CertificatesOfAsync(service));
    }

    private async Task SeeCertificateTroubleAsync(string service, Acme trouble, string condition, TimeSpan? delay = null)
    {
        await Control.SetAcmeAsync(trouble, delay);
        await using var container = await Fixture.RunServiceAsync(service);

        await Fixture.NamedAsync(service, condition, seen => seen.State == "CertPending");

        await Control.SetAcmeAsync(Acme.Ok);
        await Fixture.HealedAsync(service, condition);
        Assert.Equal(1, await Fixture.Tailnet.CertificatesOfAsync(service));
    }
}

/// <inheritdoc/>
public sealed class OldestControlFaultTests(OldestHealing fixture) : ControlFaultTests(fixture), IClassFixture<OldestHealing>;

/// <inheritdoc/>
public sealed class NewestControlFaultTests(NewestHealing fixture) : ControlFaultTests(fixture), IClassFixture<NewestHealing>;
