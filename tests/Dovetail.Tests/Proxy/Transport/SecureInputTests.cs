using System.Buffers;
using System.IO.Pipelines;
using Dovetail.Proxy.Transport;

namespace Dovetail.Tests.Proxy.Transport;

public sealed class SecureInputTests
{
    private const int Most = 64 * 1024;

    private readonly Pipe _source = new(new PipeOptions(pauseWriterThreshold: 0));

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task What_has_come_together_is_handed_on_together()
    {
        var sent = new byte[Most];
        Random.Shared.NextBytes(sent);
        await _source.Writer.WriteAsync(sent, Cancelled);

        await using var input = new SecureInput(_source.Reader.AsStream());

        var result = await input.Reader.ReadAsync(Cancelled);
        Assert.Equal(sent, result.Buffer.ToArray());
    }

    [Fact(Timeout = 30_000)]
    public async Task What_has_come_does_not_wait_for_more()
    {
        await using var input = new SecureInput(_source.Reader.AsStream());
        for (byte piece = 1; piece < 4; piece++)
        {
            await _source.Writer.WriteAsync(new[] { piece }, Cancelled);

            var result = await input.Reader.ReadAsync(Cancelled);

            Assert.Equal([piece], result.Buffer.ToArray());
            Assert.False(result.IsCompleted);
            input.Reader.AdvanceTo(result.Buffer.End);
        }
    }

    [Fact(Timeout = 30_000)]
    public async Task No_more_is_read_than_the_reader_takes()
    {
        await _source.Writer.WriteAsync(new byte[10 * Most], Cancelled);

        await using var input = new SecureInput(_source.Reader.AsStream());

        var result = await input.Reader.ReadAsync(Cancelled);
        input.Reader.AdvanceTo(result.Buffer.Start);
        Assert.True(input.Reader.TryRead(out result));
        Assert.Equal(Most, result.Buffer.Length);
        input.Reader.AdvanceTo(result.Buffer.Start);
        long received = 0;
        await _source.Writer.CompleteAsync();
        do
        {
            result = await input.Reader.ReadAsync(Cancelled);
            received += result.Buffer.Length;
            input.Reader.AdvanceTo(result.Buffer.End);
        }
        while (!result.IsCompleted);

        Assert.Equal(10 * Most, received);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_came_right_before_the_end_is_handed_on()
    {
        await using var input = new SecureInput(_source.Reader.AsStream());
        await _source.Writer.WriteAsync("bye"u8.ToArray(), Cancelled);
        await _source.Writer.CompleteAsync();

        var result = await input.Reader.ReadAtLeastAsync(3, Cancelled);
        input.Reader.AdvanceTo(result.Buffer.End);

        Assert.Equal(3, result.Buffer.Length);
        Assert.True((await input.Reader.ReadAsync(Cancelled)).IsCompleted);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_failure_is_the_readers()
    {
        await using var input = new SecureInput(_source.Reader.AsStream());
        await _source.Writer.CompleteAsync(new IOException("broken record"));

        var failure = await Assert.ThrowsAsync<IOException>(async () => await input.Reader.ReadAsync(Cancelled));

        Assert.Equal("broken record", failure.Message);
    }

    [Theory(Timeout = 30_000)]
    [InlineData(0)]
    [InlineData(10 * Most)]
    public async Task After_its_end_nothing_reads_the_stream(int unread)
    {
        await _source.Writer.WriteAsync(new byte[unread], Cancelled);
        await using (var input = new SecureInput(_source.Reader.AsStream()))
        {
            if (unread > 0)
            {
                await input.Reader.ReadAsync(Cancelled);
            }
        }

        await _source.Writer.WriteAsync("more"u8.ToArray(), Cancelled);

        // A read that is still under way would make this one fail.
        Assert.False((await _source.Reader.ReadAsync(Cancelled)).Buffer.IsEmpty);
    }
}
