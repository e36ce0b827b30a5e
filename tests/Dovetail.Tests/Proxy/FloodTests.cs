using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy;

/// <summary>One peer does its worst; another one must not notice, and the listener must come to an end with the first.</summary>
[Collection(AloneTests.Name)]
public sealed class FloodTests
{
    private const long MostGrowth = 64 << 20;
    private const int MostFrames = 200_000;

    private static readonly IPEndPoint Attacker = IPEndPoint.Parse("100.64.0.66:50000");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_peer_that_resets_every_stream_is_cut_off_while_others_are_served() =>
        await FloodAsync(async (connection, i) =>
        {
            // CVE-2023-44487.
            var stream = (2 * i) + 1;
            await connection.SendAsync(
                new Http2Frame(
                    Http2Frame.Headers,
                    Http2Frame.EndHeaders | Http2Frame.EndStream,
                    stream,
                    RawHttp2.Block(RawHttp2.Request("/flood", "web"))),
                new Http2Frame(Http2Frame.Reset, 0, stream, [0, 0, 0, 8]));
        });

    [Fact(Timeout = 120_000)]
    public async Task A_peer_that_never_ends_a_header_is_cut_off_while_others_are_served() =>
        await FloodAsync(async (connection, i) =>
        {
            // CVE-2024-27316 and its like: no END_HEADERS, ever.
            var block = RawHttp2.Block([($"x-{i.ToString(CultureInfo.InvariantCulture)}", new string('c', 1000))]);
            await connection.SendAsync(i == 0
                ? new Http2Frame(Http2Frame.Headers, Http2Frame.EndStream, 1, RawHttp2.Block(RawHttp2.Request("/flood", "web")))
                : new Http2Frame(Http2Frame.Continuation, 0, 1, block));
        });

    [Fact(Timeout = 120_000)]
    public async Task A_peer_that_sends_empty_continuations_without_end_is_cut_off_in_time() =>
        await FloodAsync(
            (connection, i) => connection.SendAsync(i == 0
                ? [new Http2Frame(Http2Frame.Headers, Http2Frame.EndStream, 1, RawHttp2.Block(RawHttp2.Request("/flood", "web")))]
                : [.. Enumerable.Repeat(new Http2Frame(Http2Frame.Continuation, 0, 1, []), 100)]),
            new ListenerOptions { RequestHeadersTimeout = TimeSpan.FromSeconds(2) },
            mostRounds: int.MaxValue);

    [Theory(Timeout = 120_000)]
    [InlineData(Http2Frame.Ping)]
    [InlineData(Http2Frame.Settings)]
    public async Task A_peer_that_wants_answers_and_reads_none_is_cut_off_while_others_are_served(byte type) =>
        await FloodAsync(
            (connection, _) => connection.SendAsync(
                [.. Enumerable.Repeat(new Http2Frame(type, 0, 0, type == Http2Frame.Ping ? new byte[8] : [0, 3, 0, 0, 0, 100]), 100)]),
            reads: false,
            mustBeCut: false);

    [Fact(Timeout = 120_000)]
    public async Task A_request_whose_header_comes_in_drops_is_cut_off_in_time_and_others_are_served()
    {
        var options = new ListenerOptions { RequestHeadersTimeout = TimeSpan.FromSeconds(5) };
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), options: options);
        await using var others = Others.Of(listener);

        var slow = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            await using var stream = await listener.ConnectTlsAsync(peer: Attacker);
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\n"u8.ToArray(), Token);
            var answer = RawHttp.ReadToEndAsync(stream);
            try
            {
                while (!answer.IsCompleted)
                {
                    await stream.WriteAsync("X-Drop: a\r\n"u8.ToArray(), Token);
                    await Task.WhenAny(answer, Task.Delay(100, Token));
                }

                return await answer;
            }
            catch (IOException)
            {
                return "";
            }
        }));

        Assert.All(slow, answer => Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 408 ", StringComparison.Ordinal), answer));
        await others.AssertServedAsync();
        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections <= 1);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_handshake_that_never_goes_on_is_cut_off_in_time_and_others_are_served()
    {
        var options = new ListenerOptions { HandshakeTimeout = TimeSpan.FromSeconds(5) };
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), options: options);
        await using var others = Others.Of(listener);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            await using var stream = await listener.ConnectAsync(peer: Attacker);

            // Nothing at all, or the beginning of a ClientHello.
            await stream.WriteAsync(i % 2 == 0 ? Array.Empty<byte>() : [0x16, 3, 1, 2, 0, 1, 0], Token);
            Assert.Equal("", await EndAsync(stream));
        }));

        await others.AssertServedAsync();
        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections <= 1);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_peer_with_all_the_connections_it_may_have_leaves_room_for_others()
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(
            TestListener.Service(upstream), options: new ListenerOptions { ConnectionsPerNode = 200, ConnectionsPerPeer = 50 });
        var idle = new List<NetworkStream>();
        try
        {
            for (var i = 0; i < 150; i++)
            {
                idle.Add(await listener.ConnectAsync(peer: Attacker));
            }

            await Eventually.TrueAsync(() => listener.Metrics.Refused("too_many_from_peer") == 100);
            await using var others = Others.Of(listener);
            await others.AssertServedAsync();
        }
        finally
        {
            idle.ForEach(stream => stream.Dispose());
        }
    }

    private static async Task<string> EndAsync(Stream stream)
    {
        try
        {
            return await RawHttp.ReadToEndAsync(stream);
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <param name="mustBeCut">False: it may also be made to wait, which is as good.</param>
    private static async Task FloodAsync(
        Func<RawHttp2, int, Task> send,
        ListenerOptions? options = null,
        int mostRounds = MostFrames,
        bool reads = true,
        bool mustBeCut = true)
    {
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), options: options);
        await using var others = Others.Of(listener);
        await others.AssertServedAsync();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2", Attacker));
        var end = reads ? connection.ReadUntilAsync(_ => false) : Task.CompletedTask;

        var (rounds, isCut) = await SendAsync(connection, send, mostRounds, mustBeCut);

        Assert.True(isCut || !mustBeCut, $"Not cut off after {rounds} rounds.");
        await others.AssertServedAsync();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, MostGrowth);
        await connection.DisposeAsync();
        await end;
        await Eventually.TrueAsync(
            () => listener.Metrics is { ActiveRequests: <= 1, ActiveConnections: <= 1 },
            seen: listener.Metrics.ToString);
    }

    /// <summary>Sends until the listener ends the connection or takes no more.</summary>
    private static async Task<(int Rounds, bool IsCut)> SendAsync(
        RawHttp2 connection, Func<RawHttp2, int, Task> send, int mostRounds, bool mustBeCut)
    {
        for (var i = 0; i < mostRounds; i++)
        {
            try
            {
                var sent = send(connection, i);
                if (!mustBeCut && await Task.WhenAny(sent, Task.Delay(TimeSpan.FromSeconds(2), Token)) != sent)
                {
                    // Its answers are not read, so nothing more is taken from it.
                    _ = sent.ContinueWith(ended => ended.Exception, TaskScheduler.Default);
                    return (i, false);
                }

                await sent;
            }
            catch (IOException)
            {
                return (i, true);
            }
        }

        return (mostRounds, false);
    }

    /// <summary>Another peer, which asks again and again; every answer must come.</summary>
    private sealed class Others : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly HttpClient _client;
        private readonly Task _asking;
        private int _served;

        private Others(HttpClient client)
        {
            _client = client;
            _asking = AskAsync();
        }

        public static Others Of(TestListener listener) => new(listener.Client());

        /// <summary>Some more requests are served, and none has failed.</summary>
        public async Task AssertServedAsync()
        {
            var target = Volatile.Read(ref _served) + 10;
            await Eventually.TrueAsync(() => _asking.IsCompleted || Volatile.Read(ref _served) >= target);
            if (_asking.IsCompleted)
            {
                await _asking;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _asking;
            _client.Dispose();
            _stop.Dispose();
        }

        private async Task AskAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                Assert.Equal("ok", await _client.GetStringAsync("/", CancellationToken.None));
                Interlocked.Increment(ref _served);
                await Task.Delay(5, CancellationToken.None);
            }
        }
    }
}
