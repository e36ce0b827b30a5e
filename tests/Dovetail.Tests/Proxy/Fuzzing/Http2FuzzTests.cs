using System.Text;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>As <see cref="RequestFuzzTests"/>, over HTTP/2 (RFC 9113): frame by frame, with what an ordinary client never sends.</summary>
public sealed class Http2FuzzTests
{
    [Fact]
    public async Task A_container_receives_what_was_sent_or_nothing()
    {
        using var upstream = new FuzzedUpstream();
        await using var listener = await TestListener.StartAsync(upstream.Service);
        await using var client = new Client(listener);

        await FuzzRun.AsManyAsync(async random =>
        {
            var request = new Http2Generator(random).Next();
            string? wrong;
            try
            {
                var reading = Http2Reader.Read(request);
                var status = await client.ExchangeAsync(request, random);
                wrong = Judge(reading, status, upstream) ?? upstream.Unreadable;
                wrong = wrong is null ? null : $"{wrong} ({reading.Verdict}: {reading.Why}; answer {status})";
            }
            catch (TimeoutException e)
            {
                wrong = e.Message;
            }

            if (wrong is not null)
            {
                await client.CloseAsync();
                upstream.Forget();
            }

            return (wrong, request.ToString());
        });
    }

    private static string? Judge(RequestReading reading, int? status, FuzzedUpstream upstream)
    {
        var arrived = upstream.Take();
        if (upstream.Take() is not null)
        {
            return "More than one request arrived";
        }

        if (arrived is null)
        {
            return reading.Verdict == Verdict.Passed ? "Refused" : status is null or >= 400 ? null : "Answered without the container";
        }

        return reading.Request is not { } sent ? $"Arrived: {arrived.Method} {arrived.Target}" : RequestFuzzTests.Difference(sent, arrived, "https");
    }

    /// <summary>Keeps its connection until it ends.</summary>
    private sealed class Client(TestListener listener) : IAsyncDisposable
    {
        private RawHttp2? _connection;
        private int _stream;

        /// <returns>The status; null: the stream was reset, or the connection ended.</returns>
        public async Task<int?> ExchangeAsync(Http2Request request, Random random)
        {
            // Another one may have ended the connection after its own answer.
            var isFresh = _connection is null;
            return await OnceAsync(request, random) ?? (isFresh || _connection is not null ? null : await OnceAsync(request, random));
        }

        public async Task CloseAsync()
        {
            await (_connection?.DisposeAsync() ?? default);
            _connection = null;
        }

        public async ValueTask DisposeAsync() => await CloseAsync();

        private async Task<int?> OnceAsync(Http2Request request, Random random)
        {
            if (_connection is null)
            {
                _connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));
                _stream = -1;
            }

            _stream += 2;
            try
            {
                foreach (var frame in Frames(request, random))
                {
                    await _connection.SendAsync(frame);
                }
            }
            catch (IOException)
            {
                // Refused before all of it was sent; what was answered is still there to read.
            }

            var (status, hasEnded) = await _connection.ReadAnswerAsync(_stream).WaitAsync(TimeSpan.FromSeconds(30));
            if (hasEnded || _stream > 2_000)
            {
                await CloseAsync();
            }

            return status;
        }

        private IEnumerable<Http2Frame> Frames(Http2Request request, Random random)
        {
            var hasMore = request.Content is not null;
            foreach (var frame in Section(request.Fields, hasMore, random))
            {
                yield return frame;
            }

            var content = Encoding.Latin1.GetBytes(request.Content ?? "");
            for (var at = 0; hasMore;)
            {
                var size = Math.Min(content.Length - at, random.Next(3) == 0 ? random.Next(0, 100) : 16_384);
                at += size;
                hasMore = at < content.Length;
                var flags = hasMore || request.Trailers is not null ? (byte)0 : Http2Frame.EndStream;
                yield return new Http2Frame(Http2Frame.Data, flags, _stream, content[(at - size)..at]);
            }

            foreach (var frame in request.Trailers is null ? [] : Section(request.Trailers, hasMore: false, random))
            {
                yield return frame;
            }
        }

        // In one frame, or cut anywhere.
        private IEnumerable<Http2Frame> Section(IReadOnlyList<Field> fields, bool hasMore, Random random)
        {
            var block = RawHttp2.Block(fields.Select(static field => (field.Name, field.Value)), indexed: random.Next(4) == 0);
            var cut = random.Next(5) == 0 ? random.Next(block.Length) : block.Length;
            var end = hasMore ? (byte)0 : Http2Frame.EndStream;
            yield return new Http2Frame(Http2Frame.Headers, (byte)(end | (cut == block.Length ? Http2Frame.EndHeaders : 0)), _stream, block[..cut]);
            if (cut < block.Length)
            {
                yield return new Http2Frame(Http2Frame.Continuation, Http2Frame.EndHeaders, _stream, block[cut..]);
            }
        }
    }
}
