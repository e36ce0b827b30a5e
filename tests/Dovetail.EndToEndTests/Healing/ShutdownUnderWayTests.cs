using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>Whatever is under way, SIGTERM ends Dovetail in time for Docker's 10 seconds, and nothing of it stays.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ShutdownUnderWayTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_while_a_login_is_pending()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["TS_AUTHKEY"] = null });
        await RunServiceAsync("pending");
        await daemon.ServiceAsync("pending", service => service.LoginUrl is not null, "a login URL");

        await EndsInTimeAsync(daemon);
    }

    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_while_an_up_runs_and_beside_a_node_that_is_ready()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("ready");
        await daemon.ReadyAsync("ready");
        await Control.ApplyAsync("rig/control?mode=hang");
        await RunServiceAsync("slow");
        await Eventually.TrueAsync(
            () => ProcessTable.Mentioning(RuntimeDirectory).Values.Any(line => line.Contains(" up ", StringComparison.Ordinal)),
            "an up to run");

        await EndsInTimeAsync(daemon);
    }

    [Theory(Timeout = 300_000)]
    [InlineData(Acme.Hang)]
    [InlineData(Acme.Error500)]
    public async Task SIGTERM_while_certificates_are_ordered_and_waited_for(Acme trouble)
    {
        await Control.SetAcmeAsync(trouble);
        var daemon = StartDaemon();
        // Two orders at a time: the third waits for its turn.
        string[] names = ["one", "two", "three"];
        foreach (var name in names)
        {
            await RunServiceAsync(name);
        }

        foreach (var name in names)
        {
            await daemon.ServiceAsync(name, service => service.State == "CertPending", "CertPending");
        }

        await EndsInTimeAsync(daemon);
    }

    // tailscaled up to 1.102.3 can lock up when it is told to end while it renews a certificate.
    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_while_a_certificate_is_renewed()
    {
        // Due from the start: valid for 15 minutes of 75.
        await Control.SetAcmeAsync(Acme.Ok, lifetime: TimeSpan.FromMinutes(15));
        var daemon = StartDaemon();
        await RunServiceAsync("renewing");
        await daemon.ReadyAsync("renewing");
        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);
        await Control.SetAcmeAsync(Acme.Hang);
        daemon = StartDaemon();
        await daemon.ReadyAsync("renewing");
        await Eventually.TrueAsync(
            async () => (await daemon.CommandAsync(["logs", "renewing"], Cancellation)).Stdout
                .Contains("starting async renewal", StringComparison.Ordinal),
            "the renewal to begin");

        await EndsInTimeAsync(daemon);
    }

    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_while_a_tailscaled_hangs_and_another_waits_to_be_started_again()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("hung");
        await RunServiceAsync("killed");
        var hung = (await daemon.ReadyAsync("hung")).Tailscaled!.Pid!.Value;
        var killed = (await daemon.ReadyAsync("killed")).Tailscaled!.Pid!.Value;
        Signals.Send(hung, Signals.Stop);
        Signals.Send(killed, Signals.Kill);
        await Eventually.TrueAsync(
            () => daemon.Log.Contains("killed: tailscaled was ended", StringComparison.Ordinal), "the killed one to be missed");

        await EndsInTimeAsync(daemon);
    }

    private async Task EndsInTimeAsync(DovetailDaemon daemon)
    {
        var started = Stopwatch.GetTimestamp();
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));
        var took = Since(started);

        Report($"exit after {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(10), $"It took {took.TotalSeconds:0.0} s.");
        // The command line client is told to end, too; neither it nor a tailscaled stays.
        await Eventually.TrueAsync(
            () => ProcessTable.Mentioning(RuntimeDirectory).Count == 0 && Tailscaleds().Count == 0, "every child to be gone");
    }
}
