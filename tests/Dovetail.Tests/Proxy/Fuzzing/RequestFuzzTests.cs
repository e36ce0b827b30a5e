using System.Text;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>
/// Requests made up at random, near to good ones, over HTTP/1: what the container received is compared with an independent reading of
/// what was sent (RFC 9110, 9112). Either it is the same request, with one host, nothing forged, and in a form that nobody can read as two; or it
/// was refused and nothing arrived.
/// </summary>
public sealed class RequestFuzzTests
{
    private const string Next = "GET /next HTTP/1.1\r\nHost: web\r\n\r\n";

    [Fact]
    public async Task A_container_receives_what_was_sent_or_nothing()
    {
        using var upstream = new FuzzedUpstream();
        await using var listener = await TestListener.StartAsync(upstream.Service, https: false);
        await using var client = new Client(listener);

        var before = "";
        await FuzzRun.AsManyAsync(async random =>
        {
            var generator = new RequestGenerator(random);
            var sent = generator.Http1() + (generator.Often(40) ? Next : "");
            var wrong = await TryAsync(client, upstream, sent, random);
            if (wrong is not null)
            {
                await client.CloseAsync();
                upstream.Forget();
            }

            var tried = before.Length == 0 ? sent : $"{sent}\r\n(before it on the connection:)\r\n{before}";
            before = client.IsOpen ? sent : "";
            return (wrong, tried);
        });
    }

    /// <summary>Compares what arrived with what was sent.</summary>
    /// <returns>What is wrong; null: nothing.</returns>
    internal static string? Difference(ReadRequest sent, ReceivedRequest arrived, string scheme) =>
        arrived.Method != sent.Method ? $"Method {arrived.Method}"
        : arrived.Target != sent.Target ? $"Target: {arrived.Target} in the place of {sent.Target}"
        : !arrived.Content.AsSpan().SequenceEqual(sent.Content) ? $"Content: {arrived.Content.Length} bytes in the place of {sent.Content.Length}"
        : FieldRules.Difference(sent, arrived, scheme);

    /// <returns>What is wrong; null: nothing.</returns>
    private static async Task<string?> TryAsync(Client client, FuzzedUpstream upstream, string sent, Random random)
    {
        try
        {
            return await ExchangeAsync(client, upstream, sent, random) ?? upstream.Unreadable;
        }
        catch (Exception e) when (e is FormatException or TimeoutException)
        {
            return e.Message;
        }
    }

    private static async Task<string?> ExchangeAsync(Client client, FuzzedUpstream upstream, string sent, Random random)
    {
        var bytes = Encoding.Latin1.GetBytes(sent);
        await client.SendAsync(bytes, random);
        for (var at = 0; at < bytes.Length;)
        {
            var reading = Http1Reader.Read(bytes.AsSpan(at));
            if (reading.Verdict == Verdict.Incomplete)
            {
                // An answer before its end is a refusal; otherwise it is broken off now.
                await client.CloseAsync();
                return upstream.Take() is null ? null : "Half a request arrived as a whole.";
            }

            var answer = await client.Answers.ReadAsync(isHead: reading.Request?.Method == "HEAD" || sent.AsSpan(at).TrimStart("\r\n").StartsWith("HEAD "));
            if (answer is null && client.IsDoubtful)
            {
                // The rest of what was refused turned out to be broken, and the connection was ended for that.
                await client.CloseAsync();
                return upstream.Take() is null ? null : "Arrived without an answer";
            }

            client.IsDoubtful |= reading.Verdict != Verdict.Passed;

            // Those after it may have arrived already: each answer of the container stands for one.
            var wrong = Judge(reading, answer, answer?.Value("X-Arrived") is null ? null : upstream.Take());
            if (wrong is not null)
            {
                return $"{wrong} (of the request at byte {at}, {reading.Verdict}: {reading.Why}; answer {answer?.Status}; sent in parts: {client.Parts})";
            }

            var isEnd = answer is not { IsWhole: true } || Syntax.Nominated(answer.Fields).Contains("close");
            if (isEnd || reading.EndsConnection)
            {
                // Whatever else was sent must not be served.
                var after = isEnd ? null : await client.Answers.ReadAsync(isHead: false);
                await client.CloseAsync();
                return after is not null ? $"Served after the end: {after.Status} ({reading.Verdict}: {reading.Why})"
                    : upstream.Take() is { } late ? $"Arrived after the end: {late.Method} {late.Target} ({reading.Verdict}: {reading.Why}; answer {answer?.Status})"
                    : null;
            }

            at += reading.Length;
        }

        return upstream.Take() is { } more ? $"Arrived without an answer: {more.Method} {more.Target}" : null;
    }

    private static string? Judge(RequestReading reading, RawAnswer? answer, ReceivedRequest? arrived)
    {
        if (arrived is null)
        {
            return reading.Verdict == Verdict.Passed ? $"Refused: {answer?.Content}"
                : answer is null or { Status: >= 400 } ? null : "Answered without the container.";
        }

        if (reading.Request is not { } sent)
        {
            return $"Arrived: {arrived.Method} {arrived.Target}";
        }

        return answer is not { Status: 200 } ? "It arrived, but the answer did not come" : Difference(sent, arrived, "http");
    }

    /// <summary>Keeps its connection until it ends.</summary>
    private sealed class Client(TestListener listener) : IAsyncDisposable
    {
        private RawAnswers? _answers;

        public RawAnswers Answers => _answers!;

        /// <summary>Whether something was sent on the connection that need not be served, so that it may be ended.</summary>
        public bool IsDoubtful { get; set; }

        public bool IsOpen => _answers is not null;

        /// <summary>Where what was sent last was cut.</summary>
        public string Parts { get; private set; } = "";

        /// <summary>Sends in up to three parts.</summary>
        public async Task SendAsync(byte[] bytes, Random random)
        {
            _answers ??= new RawAnswers(await listener.ConnectAsync(listener.Listener.Ports.Http));
            int[] cuts = random.Next(3) == 0 ? [random.Next(bytes.Length), random.Next(bytes.Length)] : [];
            Parts = string.Join(", ", cuts.Order());
            var at = 0;
            try
            {
                foreach (var cut in cuts.Append(bytes.Length).Order())
                {
                    await _answers.Stream.WriteAsync(bytes.AsMemory(at, cut - at), TestContext.Current.CancellationToken);
                    at = cut;
                }
            }
            catch (IOException)
            {
                // Refused before all of it was sent.
            }
        }

        public async Task CloseAsync()
        {
            await (_answers?.DisposeAsync() ?? default);
            _answers = null;
            IsDoubtful = false;
        }

        public async ValueTask DisposeAsync() => await CloseAsync();
    }
}
