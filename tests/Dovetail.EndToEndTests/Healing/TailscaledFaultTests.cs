using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Healing;

/// <summary>tailscaled, its state, or the container behind a node fails.</summary>
public sealed class TailscaledFaultTests(NewestHealing fixture) : HealingTest(fixture), IClassFixture<NewestHealing>
{
    private static readonly TimeSpan HangIsSeenWithin = TimeSpan.FromSeconds(15) + HealingFixture.NamedWithin;

    // Recorded with 1.96.5: no word at the end, the bus breaks off, the next tailscaled is the same machine.
    [Fact(Timeout = 300_000)]
    public async Task A_killed_tailscaled_is_named_and_replaced_as_the_same_machine()
    {
        await using var container = await Fixture.ReadyServiceAsync("killed");
        var before = await Fixture.MachineAsync("killed");
        var running = (await Daemon.StatusAsync(Cancellation)).Find("killed")!;

        Signals.Send(running.Tailscaled!.Pid!.Value, Signals.Kill);
        // Gone again after a second or two: the status may be too late for it, the log is not.
        await Eventually.TrueAsync(
            () => Daemon.Log.Contains("killed: tailscaled was ended by signal 9", StringComparison.Ordinal),
            "the log to name the signal",
            deadline: HealingFixture.NamedWithin);

        var status = await Fixture.HealedAsync("killed", "tailscaled-ended", seen => seen.Tailscaled!.Restarts == 1);
        Assert.NotEqual(running.Tailscaled.Pid, status.Tailscaled!.Pid);
        Assert.Equal(running.Listener, status.Listener);
        await AssertSameMachineAsync(before, "killed");
    }

    // Recorded with 1.96.5: a stopped tailscaled takes connections on its socket and answers nothing.
    [Fact(Timeout = 300_000)]
    public async Task A_hung_tailscaled_is_replaced_as_the_same_machine()
    {
        await using var container = await Fixture.ReadyServiceAsync("hung");
        var before = await Fixture.MachineAsync("hung");
        var process = (await Daemon.StatusAsync(Cancellation)).Find("hung")!.Tailscaled!.Pid!.Value;
        Signals.Send(process, Signals.Stop);

        await Fixture.NamedAsync("hung", "tailscaled-silent");
        await Eventually.TrueAsync(
            () => Daemon.Log.Contains("hung: tailscaled stopped answering for 15 s", StringComparison.Ordinal),
            "the log to name the hang",
            deadline: HangIsSeenWithin);
        await Fixture.HealedAsync("hung", "tailscaled-ended", seen => seen.Tailscaled!.Restarts == 1);
        Assert.DoesNotContain(process, ProcessTable.Mentioning(Fixture.States).Keys);
        await AssertSameMachineAsync(before, "hung");
    }

    // Recorded with 1.96.5: tailscaled runs on in NoState, refuses every up, and leaves the broken file as it is.
    [Theory(Timeout = 300_000)]
    [InlineData("garbage", "this is no state")]
    [InlineData("truncated", "{\"_machinekey\":\"cHJpdmtl")]
    [InlineData("blank", "")]
    public async Task A_broken_state_at_the_start_is_moved_aside_and_the_node_registers(string service, string content)
    {
        var state = Path.Combine(Directory.CreateDirectory(Path.Combine(Fixture.States, service)).FullName, "tailscaled.state");
        await File.WriteAllTextAsync(state, content, Cancellation);
        await using var container = await Fixture.RunServiceAsync(service);

        var status = await Fixture.NamedAsync(service, "state-moved-aside", seen => seen.State == "Ready", HealingFixture.HealedWithin);

        await Fixture.AnswersAsync(service);
        Assert.Equal(content, await File.ReadAllTextAsync(Assert.Single(KeptAside(service)), Cancellation));
        Assert.Contains(KeptAside(service)[0], status.Condition("state-moved-aside").Text, StringComparison.Ordinal);
        Assert.Equal(1, await Fixture.Tailnet.RegistrationsOfAsync(service));
    }

    // Recorded in the same way.
    [Fact(Timeout = 300_000)]
    public async Task A_state_that_breaks_at_run_time_is_moved_aside_and_the_node_registers_anew()
    {
        await using var container = await Fixture.ReadyServiceAsync("decayed");
        var state = Path.Combine(Fixture.States, "decayed", "tailscaled.state");
        var content = (await File.ReadAllTextAsync(state, Cancellation))[..100];
        await File.WriteAllTextAsync(state, content, Cancellation);
        Signals.Send((await Daemon.StatusAsync(Cancellation)).Find("decayed")!.Tailscaled!.Pid!.Value, Signals.Kill);

        // Its former machine keeps the name until somebody removes it.
        var status = await Fixture.NamedAsync(
            "decayed", "state-moved-aside", seen => seen.State == "Ready" && seen.Has("name-taken"), HealingFixture.HealedWithin);

        await Fixture.AnswersAsync(status.DnsName!.Split('.')[0]);
        Assert.Equal(content, await File.ReadAllTextAsync(Assert.Single(KeptAside("decayed")), Cancellation));
    }

    // Recorded with 1.96.5: NoState, as for a broken state file.
    [Fact(Timeout = 300_000)]
    public async Task A_state_directory_that_cannot_be_used_is_named_and_heals_when_it_can()
    {
        var directory = Path.Combine(Fixture.States, "blocked");
        await File.WriteAllTextAsync(directory, "in the way", Cancellation);
        await using var container = await Fixture.RunServiceAsync("blocked");

        await Fixture.NamedAsync("blocked", "state-unusable");
        Assert.Equal("in the way", await File.ReadAllTextAsync(directory, Cancellation));

        File.Delete(directory);
        await Fixture.HealedAsync("blocked", "state-unusable");
        Assert.Equal(1, await Fixture.Tailnet.RegistrationsOfAsync("blocked"));
    }

    // Recorded in the same way.
    [Fact(Timeout = 300_000)]
    public async Task A_state_directory_that_becomes_unusable_is_named_and_heals_as_the_same_machine()
    {
        await using var container = await Fixture.ReadyServiceAsync("unmounted");
        var before = await Fixture.MachineAsync("unmounted");
        var directory = Path.Combine(Fixture.States, "unmounted");
        Directory.Move(directory, directory + ".away");
        await File.WriteAllTextAsync(directory, "in the way", Cancellation);
        Signals.Send((await Daemon.StatusAsync(Cancellation)).Find("unmounted")!.Tailscaled!.Pid!.Value, Signals.Kill);

        await Fixture.NamedAsync("unmounted", "state-unusable");

        File.Delete(directory);
        Directory.Move(directory + ".away", directory);
        await Fixture.HealedAsync("unmounted", "state-unusable");
        await AssertSameMachineAsync(before, "unmounted");
    }

    // Recorded with 1.96.5: tailscaled starts, and up fails with "no space left on device".
    [Fact(Timeout = 300_000)]
    public async Task A_full_disk_is_named_and_the_node_registers_when_there_is_room()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(Fixture.States, "full"));
        disk.Fill();
        await using var container = await Fixture.RunServiceAsync("full");

        await Fixture.NamedAsync("full", "state-unusable");

        disk.Empty();
        await Fixture.HealedAsync("full", "state-unusable");
        Assert.Equal(1, await Fixture.Tailnet.RegistrationsOfAsync("full"));
    }

    // Recorded for a node without state only: what tailscaled makes of it is not asked here.
    [Fact(Timeout = 300_000)]
    public async Task A_disk_that_fills_up_and_becomes_read_only_at_run_time_costs_no_state()
    {
        await using var disk = await SmallDisk.MountAsync(Path.Combine(Fixture.States, "readonly"));
        await using var container = await Fixture.ReadyServiceAsync("readonly");
        var before = await Fixture.MachineAsync("readonly");
        var state = await File.ReadAllTextAsync(Path.Combine(Fixture.States, "readonly", "tailscaled.state"), Cancellation);
        disk.Fill();
        await disk.MakeReadOnlyAsync();
        await using var load = new SteadyLoad(Fixture.Peer, ["readonly"]);
        await Eventually.TrueAsync(() => load.Results.Count > 10, "the service to serve on");
        await load.StopAsync();
        Assert.DoesNotContain(load.Results, result => result.Failure is not null);
        Signals.Send((await Daemon.StatusAsync(Cancellation)).Find("readonly")!.Tailscaled!.Pid!.Value, Signals.Kill);

        await Daemon.ServiceAsync(
            "readonly", seen => seen.Tailscaled is { Restarts: > 0 }, "the next tailscaled", HealingFixture.NamedWithin);
        Assert.Equal(state, await File.ReadAllTextAsync(Path.Combine(Fixture.States, "readonly", "tailscaled.state"), Cancellation));

        await disk.MakeWritableAsync();
        disk.Empty();
        await Fixture.HealedAsync("readonly", "state-unusable", seen => !seen.Has("tailscaled-ended"));
        await AssertSameMachineAsync(before, "readonly");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_service_whose_container_stops_says_so_and_heals_when_it_starts()
    {
        // Without a hold, which would keep requests for a while.
        await using var container = await Fixture.RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "stopped", ["port"] = "80", ["hold"] = "0s" });
        await Daemon.ReadyAsync("stopped");
        await container.StopAsync(Cancellation);

        await Fixture.NamedAsync("stopped", "no-upstream");
        await Fixture.AnswersAsync("stopped", status: HttpStatusCode.ServiceUnavailable);

        await container.StartAsync(Cancellation);
        await Fixture.HealedAsync("stopped", "no-upstream");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_container_without_a_network_is_named_and_served_once_it_has_one()
    {
        await using var container = await Fixture.RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "alone", ["port"] = "80" }, options: ["--network", "none"]);

        var status = await Fixture.NamedAsync("alone", "upstream-unreachable");
        Assert.Contains("none", status.Condition("upstream-unreachable").Text, StringComparison.Ordinal);

        await container.DisconnectAsync("none", Cancellation);
        await container.ConnectAsync("bridge", Cancellation);
        await Fixture.HealedAsync("alone", "upstream-unreachable");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_container_that_loses_its_network_is_named_and_served_again_once_it_is_back()
    {
        await using var container = await Fixture.ReadyServiceAsync("unplugged");
        await container.DisconnectAsync("bridge", Cancellation);

        await Fixture.NamedAsync("unplugged", "upstream-unreachable");

        await container.ConnectAsync("bridge", Cancellation);
        await Fixture.HealedAsync("unplugged", "upstream-unreachable");
    }

    // A common mistake: the application listens on another port than the label says.
    [Fact(Timeout = 300_000)]
    public async Task A_container_that_refuses_connections_is_named_and_served_once_it_listens()
    {
        await using var container = await Fixture.RunContainerAsync(
            new Dictionary<string, string> { ["name"] = "deaf", ["port"] = "81", ["hold"] = "0s" });
        await Daemon.ReadyAsync("deaf");
        await Fixture.AnswersAsync("deaf", status: HttpStatusCode.BadGateway);

        var status = await Fixture.NamedAsync("deaf", "upstream-unreachable");
        Assert.Contains(":81: nothing listens there", status.Condition("upstream-unreachable").Text, StringComparison.Ordinal);

        await Fixture.Engine.DockerAsync(["exec", "--detach", container.Id, "httpd", "-p", "81", "-h", "/www"], cancellation: Cancellation);
        await Fixture.HealedAsync("deaf", "upstream-unreachable");
    }

    private string[] KeptAside(string service) => Directory.GetFiles(Path.Combine(Fixture.States, service), "tailscaled.state.broken-*");

    private async Task AssertSameMachineAsync(Machine before, string service)
    {
        var after = await Fixture.MachineAsync(service);
        Assert.Equal((before.Identity, before.Key), (after.Identity, after.Key));
        Assert.Equal(1, await Control.CertificatesAsync(after.DnsName));
    }
}
