using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>However Dovetail ends, it leaves nothing running.</summary>
[Collection(MeasuredTests.Name)]
public sealed class ShutdownTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task SIGTERM_ends_three_nodes_and_Dovetail_within_five_seconds()
    {
        var daemon = await WithThreeNodesAsync();

        var started = Stopwatch.GetTimestamp();
        daemon.Terminate();
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(20), Cancellation));
        var took = Since(started);

        await Eventually.TrueAsync(() => Tailscaleds().Count == 0, "every tailscaled to be gone");
        Report($"SIGTERM with three nodes: exit after {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(5), $"It took {took.TotalSeconds:0.0} s.");
    }

    [Fact(Timeout = 300_000)]
    public async Task SIGKILL_leaves_no_tailscaled_after_three_seconds()
    {
        var daemon = await WithThreeNodesAsync();

        var started = Stopwatch.GetTimestamp();
        daemon.Kill();
        await Eventually.TrueAsync(
            () => Tailscaleds().Count == 0, "every tailscaled to be gone", deadline: TimeSpan.FromSeconds(30));
        var took = Since(started);

        Report($"SIGKILL with three nodes: last tailscaled gone after {took.TotalMilliseconds:0} ms");
        Assert.True(took < TimeSpan.FromSeconds(3), $"It took {took.TotalSeconds:0.0} s.");
    }

    // The terminal sends SIGINT to every process of the foreground group; a tailscaled that got it would cut the request off.
    [Fact(Timeout = 300_000)]
    public async Task Ctrl_C_in_a_terminal_lets_a_request_in_flight_end()
    {
        const string ctrlC = "\x03";
        var peer = await PeerAsync();
        var daemon = Own(DovetailDaemon.StartInTerminal(Environment()));
        const string name = "typed";
        var container = await RunServiceAsync(name);
        await daemon.ReadyAsync(name);
        using var body = new BodyInTwoParts();
        var answer = peer.Http().PostAsync($"https://{peer.NameOf(name)}{TestImage.EchoPath}", body, Cancellation);
        await Eventually.GetAsync(ProcessesAsync, InFlight, "the request to reach the container");

        // The stand-in takes a second to end, within which the request could end as well; so this is looked at, too.
        var stat = await File.ReadAllTextAsync($"/proc/{Assert.Single(Tailscaleds()).Key}/stat", Cancellation);
        Assert.Equal("0", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[4]);

        await daemon.TypeAsync(ctrlC);
        await Eventually.TrueAsync(HasStoppedListening, "Dovetail to stop");
        body.Finish();

        Assert.Equal(2, EchoedRequest.Parse(await (await answer).Content.ReadAsStringAsync(Cancellation)).BodyLength);
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(20), Cancellation));
        Assert.Empty(Tailscaleds());

        Task<CommandResult> ProcessesAsync(CancellationToken cancellation) =>
            Engine.DockerAsync(["top", container.Id], cancellation: cancellation);

        static bool InFlight(CommandResult processes) => processes.Stdout.Contains("wc -c", StringComparison.Ordinal);

        // Not by a command: the drain lasts three seconds, and commands take a while on a busy machine.
        bool HasStoppedListening()
        {
            using var admin = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                admin.Connect(new UnixDomainSocketEndPoint(Path.Combine(RuntimeDirectory, "dovetail.sock")));
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    }

    private sealed class BodyInTwoParts : HttpContent
    {
        private readonly TaskCompletionSource _finish = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Finish() => _finish.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("a"u8.ToArray());
            await stream.FlushAsync();
            await _finish.Task;
            await stream.WriteAsync("b"u8.ToArray());
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2;
            return true;
        }
    }

    private async Task<DovetailDaemon> WithThreeNodesAsync()
    {
        string[] names = ["one", "two", "three"];
        var daemon = StartDaemon();
        foreach (var name in names)
        {
            await RunServiceAsync(name);
        }

        foreach (var name in names)
        {
            await daemon.ReadyAsync(name);
        }

        Assert.Equal(3, Tailscaleds().Count);
        return daemon;
    }
}
