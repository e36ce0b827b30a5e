using System.Diagnostics;
using Dovetail.EndToEndTests.Harness;
using FakeTailscale.Control;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>Whatever is under way, SIGTERM ends Dovetail in time for Docker's 10 seconds, and nothing of it stays.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ShutdownUnderWayTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 120_000)]
    public async Task SIGTERM_while_a_login_is_pending()
    {
        var daemon = StartDaemon(new Dictionary<string, string?> { ["TS_AUTHKEY"] = null });
        await RunServiceAsync("pending");
        await daemon.ServiceAsync("pending", service => service.LoginUrl is not null, "a login URL");

        await EndsInTimeAsync(daemon);
    }

    [Fact(Timeout = 120_000)]
    public async Task SIGTERM_while_an_up_runs_and_beside_a_node_that_is_ready()
    {
        var daemon = StartDaemon();
        await RunServiceAsync("ready");
        await daemon.ReadyAsync("ready");
        Control().Faults.RegisterDelay = TimeSpan.FromMinutes(1);
        await RunServiceAsync("slow");
        await Eventually.TrueAsync(
            () => ProcessTable.Mentioning(RuntimeDirectory).Values.Any(line => line.Contains(" up ", StringComparison.Ordinal)),
            "an up to run");

        await EndsInTimeAsync(daemon);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(AcmeBehavior.Hang)]
    [InlineData(AcmeBehavior.Error500)]
    public async Task SIGTERM_while_certificates_are_ordered_and_waited_for(AcmeBehavior trouble)
    {
        Control().Faults.Acme = trouble;
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

    [Fact(Timeout = 120_000)]
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
        Assert.Empty(ProcessTable.Mentioning(RuntimeDirectory));
        Assert.Empty(Tailscaleds());
    }
}
