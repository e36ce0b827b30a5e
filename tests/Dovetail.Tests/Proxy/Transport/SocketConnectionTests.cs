using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Dovetail.Proxy.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Transport;

public sealed class SocketConnectionTests : IAsyncLifetime
{
    private const int LargePiece = 40_000;

    // Time stands still: what is counted stays counted.
    private readonly Traffic _traffic = new(new FakeTimeProvider());
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private SocketConnection _connection = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        await _client.ConnectAsync(listening.LocalEndPoint!, Cancellation);
        _connection = SocketConnection.Start(await listening.AcceptAsync(Cancellation), _traffic);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _connection.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_written_arrives_in_order_in_pieces_of_every_size(bool isMuch)
    {
        MakeTraffic(isMuch);
        byte[] written = [.. Enumerable.Range(0, 40).SelectMany(number => Piece(number, number % 7 == 3 ? LargePiece : 1 + (number * 17)))];

        var reading = ReadAsync(written.Length);
        var start = 0;
        for (var number = 0; number < 40; number++)
        {
            var length = number % 7 == 3 ? LargePiece : 1 + (number * 17);
            await _connection.Transport.Output.WriteAsync(written.AsMemory(start, length), Cancellation);
            start += length;
        }

        Assert.Equal(written, await reading);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_arrives_is_read_in_order(bool isMuch)
    {
        MakeTraffic(isMuch);
        byte[] sent = [.. Enumerable.Range(0, 100).SelectMany(number => Piece(number, 30_000))];

        var reading = ReadAllAsync(_connection.Transport.Input);
        await _client.SendAsync(sent, Cancellation);
        _client.Shutdown(SocketShutdown.Send);

        Assert.Equal(sent, await reading);
    }

    [Fact]
    public async Task Small_answers_are_sent_though_nothing_follows_them()
    {
        MakeTraffic(isMuch: true);

        await _connection.Transport.Output.WriteAsync("answer"u8.ToArray(), Cancellation);

        Assert.Equal("answer"u8.ToArray(), await ReadAsync("answer".Length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_held_is_sent_when_it_is_released(bool isMuch)
    {
        MakeTraffic(isMuch);
        var stream = _connection.Features.Get<SocketStream>()!;

        stream.Hold();
        for (var number = 0; number < 4; number++)
        {
            await stream.WriteAsync(Piece(number, 16_400), Cancellation);
        }

        Assert.Equal(0, _client.Available);
        await stream.ReleaseAsync();
        await stream.WriteAsync(Piece(4, 5), Cancellation);

        byte[] expected = [.. Enumerable.Range(0, 4).SelectMany(number => Piece(number, 16_400)), .. Piece(4, 5)];
        Assert.Equal(expected, await ReadAsync(expected.Length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_more_is_held_than_fits_and_all_arrives_in_order(bool isMuch)
    {
        MakeTraffic(isMuch);
        var stream = _connection.Features.Get<SocketStream>()!;
        int[] lengths = [10, 40_000, 40_000, 200_000, 10, 16_400, 60_000];
        byte[] once = [.. lengths.SelectMany((length, number) => Piece(number, length))];
        byte[] twice = [.. once, .. once];
        var reading = ReadAsync(twice.Length);

        // The second time with something that waits for its turn.
        for (var round = 0; round < 2; round++)
        {
            stream.Hold();
            for (var number = 0; number < lengths.Length; number++)
            {
                await stream.WriteAsync(Piece(number, lengths[number]), Cancellation);
            }

            await stream.ReleaseAsync();
        }

        Assert.Equal(twice, await reading);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_does_not_read_holds_up_the_writer(bool isMuch)
    {
        MakeTraffic(isMuch);
        var written = 0;

        var writing = Task.Run(
            async () =>
            {
                for (; written < 100_000; written++)
                {
                    await _connection.Transport.Output.WriteAsync(new byte[1000], Cancellation);
                }
            },
            Cancellation);

        // The buffers of the kernel take some megabytes.
        await Eventually.StaysAsync(() => Volatile.Read(ref written) < 20_000, "the writer to be held up", TimeSpan.FromSeconds(1));
        Assert.False(writing.IsCompleted);
        _client.Dispose();
        await writing;
    }

    [Fact]
    public async Task A_flush_that_is_given_up_does_not_wait_for_a_client_that_does_not_read()
    {
        var written = 0;
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var writing = Task.Run(
            async () =>
            {
                for (; written < 100_000; written++)
                {
                    _connection.Transport.Output.Write(new byte[LargePiece]);
                    await _connection.Transport.Output.FlushAsync(givenUp.Token);
                }
            },
            Cancellation);

        await Eventually.StaysAsync(() => Volatile.Read(ref written) < 1_000, "the writer to be held up", TimeSpan.FromSeconds(1));
        await givenUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.WaitAsync(Eventually.Deadline, Cancellation));
    }

    [Fact]
    public async Task What_was_written_is_sent_before_the_end()
    {
        MakeTraffic(isMuch: true);
        await _connection.Transport.Output.WriteAsync(Piece(1, 5_000), Cancellation);

        await _connection.DisposeAsync();

        Assert.Equal(Piece(1, 5_000), await ReadAsync(5_000));
        Assert.Equal(0, await _client.ReceiveAsync(new byte[1], Cancellation));
    }

    [Fact]
    public async Task The_end_of_a_client_shows_though_nobody_reads()
    {
        var closed = new TaskCompletionSource();
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);

        _client.Dispose();

        await closed.Task.WaitAsync(Eventually.Deadline, Cancellation);
    }

    [Fact]
    public async Task A_reset_fails_the_read_and_not_the_writes()
    {
        _client.Close(timeout: 0);

        await Assert.ThrowsAsync<ConnectionResetException>(async () => await ReadAllAsync(_connection.Transport.Input));
        await _connection.Transport.Output.WriteAsync(Piece(1, LargePiece), Cancellation);
        var last = await _connection.Transport.Output.WriteAsync(Piece(2, LargePiece), Cancellation);
        Assert.True(last.IsCompleted);
    }

    [Fact]
    public async Task A_connection_that_is_cut_ends_though_nobody_reads_what_the_client_has_sent()
    {
        var closed = new TaskCompletionSource();
        await using var registration = _connection.ConnectionClosed.Register(closed.SetResult);
        var sent = 0;
        var sending = Task.Run(
            async () =>
            {
                while (true)
                {
                    await _client.SendAsync(new byte[10_000], Cancellation);
                    Interlocked.Increment(ref sent);
                }
            },
            Cancellation);
        await Eventually.StaysAsync(() => Volatile.Read(ref sent) < 2_000, "the client to be held up", TimeSpan.FromSeconds(1));

        _connection.Abort(new ConnectionAbortedException("cut"));

        await closed.Task.WaitAsync(Eventually.Deadline, Cancellation);
        await Assert.ThrowsAsync<SocketException>(() => sending);
    }

    [Fact]
    public async Task An_end_of_writing_reaches_the_client_which_may_send_on()
    {
        await _connection.Transport.Output.WriteAsync("all"u8.ToArray(), Cancellation);
        await _connection.Transport.Output.CompleteAsync();

        Assert.Equal("all"u8.ToArray(), await ReadAsync(3));
        Assert.Equal(0, await _client.ReceiveAsync(new byte[1], Cancellation));
        await _client.SendAsync("more"u8.ToArray(), Cancellation);
        _client.Shutdown(SocketShutdown.Send);
        Assert.Equal("more"u8.ToArray(), await ReadAllAsync(_connection.Transport.Input));
    }

    [Fact]
    public async Task A_client_sees_that_a_connection_was_cut()
    {
        _connection.Abort(new ConnectionAbortedException("cut"));

        var failure = await Assert.ThrowsAsync<SocketException>(async () => await _client.ReceiveAsync(new byte[1], Cancellation));
        Assert.Equal(SocketError.ConnectionReset, failure.SocketErrorCode);
        var reason = await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await ReadAllAsync(_connection.Transport.Input));
        Assert.Equal("cut", reason.Message);
    }

    private static byte[] Piece(int number, int length) => [.. Enumerable.Repeat((byte)number, length)];

    private void MakeTraffic(bool isMuch)
    {
        for (var piece = 0; isMuch && piece < 100; piece++)
        {
            _traffic.Count();
        }
    }

    private async Task<byte[]> ReadAsync(int length)
    {
        var read = new byte[length];
        for (var start = 0; start < length;)
        {
            var received = await _client.ReceiveAsync(read.AsMemory(start), Cancellation);
            Assert.NotEqual(0, received);
            start += received;
        }

        return read;
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader input)
    {
        var read = new ArrayBufferWriter<byte>();
        while (true)
        {
            var result = await input.ReadAsync(Cancellation);
            foreach (var piece in result.Buffer)
            {
                read.Write(piece.Span);
            }

            input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return read.WrittenSpan.ToArray();
            }
        }
    }
}
