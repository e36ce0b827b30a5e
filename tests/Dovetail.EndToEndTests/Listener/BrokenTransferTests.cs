using System.Text;
using TestBackend;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A peer never takes a part for the whole, and a container never works for a peer that has gone.</summary>
public sealed class BrokenTransferTests(StreamFixture fixture) : IClassFixture<StreamFixture>, IAsyncDisposable
{
    private const int Size = 5_000_000;
    private const int Given = 1_000_000;

    // RFC 9113, section 7.
    private const long InternalError = 2;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [InlineData("yes")]
    [InlineData("no")]
    public async Task A_container_that_is_killed_breaks_its_answer_off_over_HTTP_1(string length)
    {
        using var service = await fixture.RunAsync($"killed-1-{length}", Cancellation);
        await using var stream = await fixture.Peer.SecureAsync(fixture.Peer.NameOf(service.Name), Cancellation);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"GET {Path(length)} HTTP/1.1\r\nHost: {fixture.Peer.NameOf(service.Name)}\r\n\r\n"), Cancellation);
        using var answer = new MemoryStream();
        await ReadAsync(stream, answer, () => answer.Length >= Given);

        await service.KillAsync(fixture.Engine, Cancellation);
        await ReadAsync(stream, answer, () => false);

        var text = Encoding.Latin1.GetString(answer.ToArray());
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", text, StringComparison.Ordinal);
        Assert.Contains(
            length == "yes" ? $"\r\nContent-Length: {Size}\r\n" : "\r\nTransfer-Encoding: chunked\r\n", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, Given, Size - 1);
        Assert.False(text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal), "A final chunk has come.");
    }

    [Theory(Timeout = 300_000)]
    [InlineData("yes")]
    [InlineData("no")]
    public async Task A_container_that_is_killed_resets_its_stream_and_no_other_over_HTTP_2(string length)
    {
        using var service = await fixture.RunAsync($"killed-2-{length}", Cancellation);
        var connections = 0;
        var client = fixture.Peer.Http(new Version(2, 0), seeCertificate: certificate =>
        {
            certificate.Dispose();
            Interlocked.Increment(ref connections);
        });
        var url = $"https://{fixture.Peer.NameOf(service.Name)}";
        using var response = await client.GetAsync(url + Path(length), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
        await body.ReadExactlyAsync(new byte[Given], Cancellation);

        await service.KillAsync(fixture.Engine, Cancellation);

        var reset = await Assert.ThrowsAsync<HttpProtocolException>(() => body.ReadAsync(new byte[1], Cancellation).AsTask());
        Assert.Equal(InternalError, reset.ErrorCode);
        using var next = await client.GetAsync(url, Cancellation);
        Assert.False(next.IsSuccessStatusCode);
        Assert.Equal(1, connections);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_peer_that_goes_away_in_a_download_ends_it_at_the_container(string version)
    {
        var id = Guid.NewGuid().ToString("N");
        var client = fixture.Peer.Http(Version.Parse(version));
        var url = $"{Url}/give?id={id}&size={long.MaxValue}";
        using (var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, Cancellation))
        {
            await using var body = await response.Content.ReadAsStreamAsync(Cancellation);
            await body.ReadExactlyAsync(new byte[Given], Cancellation);
        }

        await AbortedAsync(id);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_peer_that_goes_away_in_an_upload_ends_it_at_the_container(string version)
    {
        var id = Guid.NewGuid().ToString("N");
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var body = new PatternContent(Size, half: async () =>
        {
            await SeenAsync(id, seen => seen.Bytes >= Size / 2 - Pattern.BlockSize);
            await gone.CancelAsync();
            await Task.Delay(Timeout.Infinite, gone.Token);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Transfers.UploadAsync(fixture.Peer.Http(Version.Parse(version)), $"{Url}/take?id={id}", body, gone.Token));

        await AbortedAsync(id);
    }

    [Theory(Timeout = 300_000)]
    [InlineData("1.1", "late")]
    [InlineData("2.0", "late")]
    [InlineData("1.1", "events")]
    [InlineData("2.0", "events")]
    public async Task A_peer_that_goes_away_while_the_container_is_silent_ends_its_request(string version, string path)
    {
        var id = Guid.NewGuid().ToString("N");
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var answer = fixture.Peer.Http(Version.Parse(version)).GetStringAsync($"{Url}/{path}?id={id}", gone.Token);
        await SeenAsync(id, seen => seen.State == Exchange.Running);

        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        await AbortedAsync(id);
    }

    public ValueTask DisposeAsync()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(fixture.Daemon.Log);
        }

        return ValueTask.CompletedTask;
    }

    private string Url => $"https://{fixture.Peer.NameOf(fixture.Service.Name)}";

    private static string Path(string length) => $"/give?size={Size}&hold={Given}&length={length}";

    private static async Task ReadAsync(Stream from, MemoryStream to, Func<bool> enough)
    {
        var buffer = new byte[Pattern.BlockSize];
        try
        {
            int read;
            while (!enough() && (read = await from.ReadAsync(buffer, Cancellation)) > 0)
            {
                to.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // Cut, as it should be.
        }
    }

    private Task<(string State, long Bytes)> AbortedAsync(string id) => SeenAsync(id, seen => seen.State == Exchange.Aborted);

    private Task<(string State, long Bytes)> SeenAsync(string id, Func<(string State, long Bytes), bool> expected) => Eventually.GetAsync(
        token => fixture.Service.SeenAsync(id, token), expected, "the container to see the exchange as expected");
}
