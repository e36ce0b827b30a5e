using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>One peer does its worst for some seconds, half a minute with <c>DOVETAIL_TEST_FULL</c>, and begins anew whenever it is cut off.</summary>
[Collection(MeasuredTests.Name)]
public sealed class FloodTests(Engine engine) : EndToEndTest(engine)
{
    private const int Connections = 4;

    // For comparison: the attacker uses the processor as it does for a flood, and sends nothing.
    private const string Nothing = "nothing";

    private const int Batch = 100;
    private const double MostGrowth = 250;
    private const int Slow = 500;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(TestSettings.Full ? 30 : 5);

    [Theory(Timeout = 300_000)]
    [InlineData("rapid reset")]
    [InlineData("settings")]
    [InlineData("ping")]
    [InlineData("empty data")]
    [InlineData("continuation")]
    [InlineData("headers")]
    [InlineData(Nothing)]
    public async Task A_flood_of_frames_costs_bounded_memory_and_another_peer_is_served(string kind)
    {
        var (attacker, other) = (await PeerAsync("attacker@example.com"), await PeerAsync());
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        await daemon.ReadyAsync("web");
        GiveThreads();
        await using var measure = await FloodMeasure.BeginAsync(daemon, other, "web");

        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        end.CancelAfter(Duration);
        var sent = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(() => FloodAsync(attacker, kind, end.Token))));

        await measure.EndAsync(
            $"{kind} for {Duration.TotalSeconds:0} s: {sent.Sum(static one => one.Frames)} frames on {sent.Sum(static one => one.Connections)} connections");
        Assert.InRange(measure.Growth, double.MinValue, MostGrowth);
    }

    [Fact(Timeout = 300_000)]
    public async Task Five_hundred_requests_in_drops_are_ended_in_time_and_another_peer_is_served()
    {
        var (attacker, other) = (await PeerAsync("attacker@example.com"), await PeerAsync());
        var daemon = StartDaemon();
        await RunServiceAsync("web");
        await daemon.ReadyAsync("web");
        await using var measure = await FloodMeasure.BeginAsync(daemon, other, "web");

        var connections = new List<SslStream>();
        for (var i = 0; i < Slow; i++)
        {
            connections.Add(await attacker.SecureAsync(attacker.NameOf("web"), Cancellation));
        }

        var answers = await Task.WhenAll(connections.Select(DropAsync));

        await measure.EndAsync($"{Slow} requests in drops, the last ended after {answers.Max(static answer => answer.After).TotalSeconds:0} s");
        Assert.All(answers, static answer => Assert.True(answer.Text is null || answer.Text.StartsWith("HTTP/1.1 408", StringComparison.Ordinal), answer.Text));
        Assert.InRange(measure.Growth, double.MinValue, MostGrowth);
    }

    // Attackers are in the process of the peer that is measured, and must not keep its threads from it.
    private static void GiveThreads() => ThreadPool.SetMinThreads(16 * Connections, 16 * Connections);

    /// <summary>Sends one field after the other, and never the end of the head.</summary>
    private static async Task<(string? Text, TimeSpan After)> DropAsync(SslStream connection)
    {
        await using (connection)
        {
            var begun = System.Diagnostics.Stopwatch.GetTimestamp();
            await connection.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\n"u8.ToArray(), Cancellation);
            var answer = new ReceivedText(connection).TakeThroughAsync("\r\n");
            try
            {
                while (await Task.WhenAny(answer, Task.Delay(TimeSpan.FromSeconds(1), Cancellation)) != answer)
                {
                    await connection.WriteAsync("X-Drop: a\r\n"u8.ToArray(), Cancellation);
                }

                return (await answer, Since(begun));
            }
            catch (IOException)
            {
                return (null, Since(begun));
            }
        }
    }

    private static async Task<(long Frames, int Connections)> FloodAsync(TailnetPeer peer, string kind, CancellationToken end)
    {
        var (frames, connections) = (0L, 0);
        while (!end.IsCancellationRequested)
        {
            try
            {
                await using var stream = await peer.SecureAsync(peer.NameOf("web"), end, "h2");
                await using var connection = await RawHttp2.StartAsync(stream);
                connections++;

                // What wants answers does not read them.
                var reading = kind is "settings" or "ping" ? Task.CompletedTask : connection.ReadUntilAsync(static _ => false);
                for (var round = 0; !end.IsCancellationRequested; round++)
                {
                    if (kind == Nothing)
                    {
                        _ = Frames("rapid reset", round).Sum(static frame => SHA256.HashData(frame.ToBytes())[0]);
                        continue;
                    }

                    var sending = connection.SendAsync(Frames(kind, round));
                    await sending.WaitAsync(end);
                    frames += Batch;
                }

                await connection.DisposeAsync();
                await reading;
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
            {
                // Cut off, or made to wait until the end.
            }
        }

        return (frames, connections);
    }

    private static Http2Frame[] Frames(string kind, int round)
    {
        var request = RawHttp2.Block(RawHttp2.Request("/", "web"));
        const byte Whole = Http2Frame.EndHeaders | Http2Frame.EndStream;
        switch (kind)
        {
            case "rapid reset":
                return [.. Enumerable.Range(round * Batch / 2, Batch / 2).SelectMany(number => (Http2Frame[])
                    [new(Http2Frame.Headers, Whole, (2 * number) + 1, request), new(Http2Frame.Reset, 0, (2 * number) + 1, [0, 0, 0, 8])])];
            case "headers":
                return [.. Enumerable.Range(round * Batch, Batch).Select(number => new Http2Frame(Http2Frame.Headers, Whole, (2 * number) + 1, request))];
            case "settings":
                return [.. Enumerable.Repeat(new Http2Frame(Http2Frame.Settings, 0, 0, [0, 3, 0, 0, 0, 100]), Batch)];
            case "ping":
                return [.. Enumerable.Repeat(new Http2Frame(Http2Frame.Ping, 0, 0, new byte[8]), Batch)];
            case "empty data":
                var first = new Http2Frame(Http2Frame.Headers, Http2Frame.EndHeaders, 1, request);
                return [.. Enumerable.Repeat(new Http2Frame(Http2Frame.Data, 0, 1, []), Batch).Prepend(first).Skip(round == 0 ? 0 : 1)];
            default:
                var begin = new Http2Frame(Http2Frame.Headers, Http2Frame.EndStream, 1, request);
                var block = RawHttp2.Block([($"x-{round.ToString(CultureInfo.InvariantCulture)}", new string('c', 1000))]);
                return [.. Enumerable.Repeat(new Http2Frame(Http2Frame.Continuation, 0, 1, block), Batch).Prepend(begin).Skip(round == 0 ? 0 : 1)];
        }
    }
}
