using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Nodes;

public sealed class NodeTests : NodeTest
{
    private const string LoginUrl = "https://login.example.com/a/1";

    [Fact]
    public async Task A_node_comes_up_step_by_step()
    {
        RunningStatus = RunningStatus with { CertDomains = [Name] };
        Bench.Command.Certificate = Certificate();
        Service = NodeBench.Web with { Tls = TlsMode.Auto };

        await ReadyAsync();

        Bench.Journal.AssertOrder(
            "listener: started", "tailscaled 1: started", "tailscale up with key", "tailscale up: exit 0", "serve: applied");
        Bench.Journal.AssertOrder("tailscale up: exit 0", "listener: certificate");
        var report = Node.Report;
        Assert.Equal((Name, $"https://{Name}", 1, 0), (report.DnsName, report.Url, report.ProcessId, report.Restarts));
        Assert.Equal(["100.64.0.1"], report.Addresses);
        Assert.Equal(Name, report.CertificateName);
        Assert.Equal(Listener.Ports, report.Ports);
        Assert.Equal(new ListenerConfig(report.Service, Name, Https: true), Listener.Configs[^1]);
        await TestClock.UntilAsync(() => Bench.LogLines.Contains($"web: ready at https://{Name} (100.64.0.1)"));
    }

    [Fact]
    public async Task With_its_state_it_comes_up_without_a_login()
    {
        State = BackendState.Running;

        await ReadyAsync();

        Assert.Equal(0, Ups);
    }

    [Fact]
    public async Task A_tailscaled_that_dies_is_replaced_and_told_again_and_the_listener_stays()
    {
        await ReadyAsync();

        Bench.Tailscaled.Last.Exit(1);

        await Bench.Clock.AdvanceUntilAsync(() => Bench.Journal.Count("serve: applied") == 2 && Node.Report.State == NodeState.Ready);
        Assert.Equal((1, 1, 1), (Bench.Listeners.Count, Ups, Node.Report.Restarts));
        Assert.False(Bench.Journal.Has("listener: draining"));
    }

    [Fact]
    public async Task It_is_down_with_the_reason_while_the_next_one_is_waited_for()
    {
        await ReadyAsync();

        Bench.Tailscaled.OnLine!("panic: boom");
        Bench.Tailscaled.Last.Exit(2);

        await TestClock.UntilAsync(() => Node.Report.State == NodeState.Backoff);
        const string reason = "tailscaled ended with exit code 2; its last words: panic: boom";
        Assert.Contains(Node.Report.Conditions, condition => condition.Text == reason);
        Assert.Equal(["panic: boom"], Node.Report.LogTail);
        Assert.Equal(Name, Node.Report.DnsName);
        Assert.Null(Node.Report.ProcessId);
    }

    [Fact]
    public async Task Other_upstreams_reach_the_listener_and_nothing_else()
    {
        await ReadyAsync();

        Node.Update(NodeBench.Web with { Upstreams = [] });

        await TestClock.UntilAsync(() => Listener.Configs[^1].Service.Upstreams.Count == 0);
        await Bench.Clock.AdvanceByAsync(2 * Timings.Poll, Second);
        Assert.Equal((1, 1, 1), (Bench.Tailscaled.Count, Ups, Bench.Journal.Count("serve: applied")));
    }

    [Fact]
    public async Task Another_port_is_made_known_to_tailscaled()
    {
        await ReadyAsync();

        Node.Update(NodeBench.Web with { TcpPorts = [5432] });

        await TestClock.UntilAsync(() => Bench.Journal.Count("serve: applied") == 2);
        Assert.Contains("5432", Bench.Api.ServeConfigs[^1].Tcp.Keys);
        Assert.Equal(1, Ups);
    }

    [Fact]
    public async Task Other_tags_are_applied_once_and_without_the_key()
    {
        await ReadyAsync();

        Node.Update(NodeBench.Web with { Tags = ["tag:web"] });

        await TestClock.UntilAsync(() => Ups == 2);
        await Bench.Clock.AdvanceByAsync(4 * Timings.Poll, Second);
        Assert.Equal(2, Ups);
        Assert.Contains("--advertise-tags=tag:web", Bench.Command.Last);
        Assert.Null(FakeCommand.KeyFileOf(Bench.Command.Last));
        Assert.Equal(1, Bench.Tailscaled.Count);
    }

    [Fact]
    public async Task A_serve_config_that_is_refused_is_named_and_tried_again()
    {
        Bench.Api.ServeRefusals.Enqueue(FakeLocalApi.Refusal("netMap is nil"));
        Node.Start(Task.CompletedTask);
        await TestClock.UntilAsync(() => Node.Report.Conditions.Any(condition => condition.Id == "serve-failed"));

        await Bench.Clock.AdvanceUntilAsync(() => Node.Report.State == NodeState.Ready);

        Bench.Journal.AssertOrder("serve: refused", "serve: applied");
        Assert.DoesNotContain(Node.Report.Conditions, condition => condition.Id == "serve-failed");
    }

    [Fact]
    public async Task Without_a_key_somebody_can_log_in_and_a_key_that_comes_meanwhile_is_used_at_once()
    {
        Bench.GiveKey("");
        Node.Start(Task.CompletedTask);
        await Bench.Clock.AdvanceUntilAsync(() => Ups == 1);
        Bench.Api.Set(FakeLocalApi.StatusOf(BackendState.NeedsLogin) with { AuthUrl = LoginUrl });
        await Bench.Clock.AdvanceUntilAsync(() => Node.Report is { State: NodeState.NeedsLogin, LoginUrl: LoginUrl });

        Bench.GiveKey("tskey-auth-two");

        await Bench.Clock.AdvanceUntilAsync(() => Node.Report.State == NodeState.Ready);
        Bench.Journal.AssertOrder("tailscale up", "up: given up", "tailscale up with key", "tailscale up: exit 0");
        Assert.Null(Node.Report.LoginUrl);
    }

    [Fact]
    public async Task A_refused_key_is_left_alone_until_another_comes()
    {
        await RefuseKeyAsync();

        await Bench.Clock.AdvanceByAsync(Timings.RefusedKey / 2, TimeSpan.FromSeconds(5));
        Assert.True(Ups == 1 && Node.Report.State == NodeState.NeedsLogin, Seen());
        Bench.Command.Answer = UpAsync;
        Bench.GiveKey("tskey-auth-two");

        await Bench.Clock.AdvanceUntilAsync(() => Node.Report.State == NodeState.Ready, seen: Seen);
        Assert.Equal(2, Ups);
    }

    [Fact]
    public async Task A_refused_key_is_tried_again_after_ten_minutes()
    {
        var refusedAt = Bench.Clock.Now;
        await RefuseKeyAsync();
        Bench.Command.Answer = UpAsync;

        await Bench.Clock.AdvanceUntilAsync(() => Node.Report.State == NodeState.Ready, TimeSpan.FromSeconds(5));

        Assert.InRange(Bench.Clock.Now - refusedAt, Timings.RefusedKey, TimeSpan.MaxValue);
    }

    [Fact]
    public async Task A_node_that_is_cut_off_gets_a_new_tailscaled_but_not_again_soon()
    {
        RunningStatus = RunningStatus with { Self = RunningStatus.Self! with { Online = false } };
        Node.Start(Task.CompletedTask);

        await Bench.Clock.AdvanceUntilAsync(() => Bench.Tailscaled.Count == 2);
        Assert.Contains(Node.Report.Conditions, condition => condition.Id == "machine-removed");
        await Bench.Clock.AdvanceByAsync(Timings.RefusedKey / 2, TimeSpan.FromSeconds(5));

        Assert.True(Bench.Tailscaled.Count == 2, Seen());
    }

    private static string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leaf = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(TestClock.Noon.AddDays(-1), TestClock.Noon.AddDays(89));
        return $"{PemEncoding.WriteString("EC PRIVATE KEY", key.ExportECPrivateKey())}\n{leaf.ExportCertificatePem()}\n";
    }
}
