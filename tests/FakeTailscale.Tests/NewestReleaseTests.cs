using System.Text;
using FakeTailscale.Control;
using FakeTailscale.Daemon;

namespace FakeTailscale.Tests;

/// <summary>Where the stand-in of 1.102.3 behaves otherwise than that of 1.96.5.</summary>
public sealed class NewestReleaseTests
{
    /// <summary>Recording rate-limited-1.102.3: the CLI ends at once, and the daemon registers again by itself when it may.</summary>
    [Fact]
    public async Task A_limited_registration_is_waited_out_by_the_daemon()
    {
        await using StandInBench bench = await StartAsync();
        StandInDaemon node = await bench.DaemonAsync("n");
        bench.Control.Faults.LimitRegistrations(TimeSpan.FromSeconds(3), times: 1);

        CommandResult up = await bench.UpAsync("n");

        Assert.Equal((1, "backend error: node registration rate limited; will retry after 3s\n"), (up.ExitCode, up.Error));
        Assert.Equal("NeedsLogin", await node.StateAsync());
        Assert.Contains(
            "You are logged out. The last login error was: node registration rate limited; will retry after 3s", await node.HealthAsync());
        Assert.Contains("control: authRoutine: rate limited: rate limit exceeded (retry after 3s)", node.Error, StringComparison.Ordinal);
        await node.WaitForStateAsync("Running");
        Assert.Equal(2, bench.Control.RegisterAttempts("n"));
    }

    /// <summary>Section 14 of what is known of the real binaries: NetMap no longer comes at run time.</summary>
    [Fact]
    public async Task Changes_of_the_map_are_told_as_SelfChange()
    {
        await using StandInBench bench = await StartAsync();
        StandInDaemon node = await bench.DaemonAsync("n");
        await using BusWatch bus = await BusWatch.OpenAsync(node);

        Assert.Equal(0, (await bench.UpAsync("n")).ExitCode);

        await bus.WaitForAsync("SelfChange");
        Assert.DoesNotContain(bus.Events, static line => line.Contains("NetMap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rate_limit_of_the_authority_is_answered_at_once()
    {
        await using StandInBench bench = await StartAsync();
        StandInDaemon node = await bench.NodeAsync("n");
        bench.Control.Faults.Acme = AcmeBehavior.RateLimited429;
        bench.Control.Faults.AcmeRetryAfter = TimeSpan.FromMinutes(1);

        RawReply reply = await node.GetAsync("cert/n.tailtest.ts.net?type=pair");

        Assert.Equal((429, "60"), (reply.Status, reply.Header("Retry-After")));
        CommandResult cert = await bench.CliAsync("n", "cert", "--cert-file=-", "--key-file=-", "n.tailtest.ts.net");
        Assert.StartsWith("429 Too Many Requests: 429 urn:ietf:params:acme:error:rateLimited", cert.Error, StringComparison.Ordinal);
    }

    /// <summary>What was seen of 1.102.3: a reader that is more than 128 messages behind gets one error, and its stream ends.</summary>
    [Fact]
    public async Task A_reader_of_the_bus_that_falls_behind_is_told_so_and_let_go()
    {
        BusSubscriber subscriber = new(Process: 1);
        for (int number = 0; number < 200; number++)
        {
            subscriber.Add([(byte)'{']);
        }

        List<string> lines = [];
        await foreach (byte[] line in subscriber.Lines.Reader.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(Encoding.UTF8.GetString(line));
        }

        Assert.Equal(129, lines.Count);
        Assert.Contains("\"ErrMessage\":\"fell behind\"", lines[^1], StringComparison.Ordinal);
    }

    private static async Task<StandInBench> StartAsync()
    {
        StandInBench bench = await StandInBench.StartAsync();
        bench.Environment["FAKE_TAILSCALE_VERSION"] = "1.102.3";
        return bench;
    }
}
