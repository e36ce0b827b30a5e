using System.Net;
using System.Text;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>
/// Answers made up at random, near to good ones: what the client gets is what the application sent, to its end, without what belongs to the
/// hop; or it sees that it broke off; or it is told that it was no answer. Never the rest of one answer as the next.
/// </summary>
public sealed class AnswerFuzzTests
{
    [Fact]
    public async Task A_client_of_HTTP_1_gets_what_the_application_sent()
    {
        using var upstream = new FuzzedUpstream();
        await using var listener = await TestListener.StartAsync(upstream.Service, https: false);
        RawAnswers? connection = null;

        await FuzzRun.AsManyAsync(async random =>
        {
            var (isHead, made) = Make(upstream, random);
            connection ??= new RawAnswers(await listener.ConnectAsync(listener.Listener.Ports.Http));
            var request = $"{(isHead ? "HEAD" : "GET")} /x HTTP/1.1\r\nHost: web\r\n\r\n";
            string? wrong;
            RawAnswer? answer = null;
            try
            {
                await connection.Stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
                answer = await connection.ReadAsync(isHead);
                wrong = Judge(made.Expected, answer);
            }
            catch (Exception e) when (e is FormatException or TimeoutException or IOException)
            {
                wrong = e.Message;
            }

            if (wrong is not null || answer is not { IsWhole: true } || Syntax.Nominated(answer.Fields).Contains("close"))
            {
                await connection.DisposeAsync();
                connection = null;
            }

            return (wrong, $"{request}{Encoding.Latin1.GetString(made.Bytes)}{(made.Close ? "(closes)" : "")}");
        });
        await (connection?.DisposeAsync() ?? default);
    }

    [Fact]
    public async Task A_client_of_HTTP_2_gets_what_the_application_sent()
    {
        using var upstream = new FuzzedUpstream();
        await using var listener = await TestListener.StartAsync(upstream.Service);
        using var client = listener.Client(HttpVersion.Version20);

        await FuzzRun.AsManyAsync(async random =>
        {
            var (isHead, made) = Make(upstream, random);
            string? wrong;
            try
            {
                wrong = Judge(made.Expected, await AskAsync(client, isHead).WaitAsync(TimeSpan.FromSeconds(30)));
            }
            catch (TimeoutException e)
            {
                wrong = e.Message;
            }

            return (wrong, $"{(isHead ? "HEAD" : "GET")}\r\n{Encoding.Latin1.GetString(made.Bytes)}{(made.Close ? "(closes)" : "")}");
        });
    }

    private static (bool IsHead, (byte[] Bytes, bool Close, ExpectedAnswer Expected) Made) Make(FuzzedUpstream upstream, Random random)
    {
        var isHead = random.Next(8) == 0;
        var made = new AnswerGenerator(random).Next(isHead);
        upstream.Answer = _ => (made.Bytes, made.Close);
        return (isHead, made);
    }

    private static async Task<RawAnswer> AskAsync(HttpClient client, bool isHead)
    {
        try
        {
            using var request = new HttpRequestMessage(isHead ? HttpMethod.Head : HttpMethod.Get, "/x") { Version = HttpVersion.Version20 };
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            var fields = answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated)
                .SelectMany(static header => header.Value.Select(value => new Field(header.Key, value))).ToArray();
            try
            {
                var content = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
                return new RawAnswer((int)answer.StatusCode, fields, Encoding.Latin1.GetString(content), IsWhole: true);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                return new RawAnswer((int)answer.StatusCode, fields, "", IsWhole: false);
            }
        }
        catch (HttpRequestException)
        {
            return new RawAnswer(0, [], "", IsWhole: false);
        }
    }

    private static string? Judge(ExpectedAnswer expected, RawAnswer? answer)
    {
        var isOwn = answer is { Status: 502, IsWhole: true } && answer.Value("X-Content-Type-Options") == "nosniff";
        if (expected.Status == 0)
        {
            return isOwn ? null : $"Not refused: {answer?.Status}";
        }

        if (isOwn && expected.MayBeRefused)
        {
            return null;
        }

        if (!expected.IsWhole)
        {
            return answer is { IsWhole: true } ? $"A part looks like the whole: {answer.Status}, {answer.Content.Length} bytes" : null;
        }

        if (answer is not { IsWhole: true })
        {
            return "Broken off";
        }

        if (answer.Status != expected.Status)
        {
            return $"Status: {answer.Status} in the place of {expected.Status}: {answer.Content}";
        }

        if (answer.Content != expected.Content)
        {
            return $"Content: {answer.Content.Length} bytes in the place of {expected.Content.Length}";
        }

        var wrong = expected.Fields.Select(static field => field.Name).FirstOrDefault(name => answer.Value(name) != ReceivedRequest.Join(expected.Fields, name));
        var kept = expected.Absent.FirstOrDefault(name => answer.Value(name) is not null);
        return wrong is not null ? $"Field: {wrong}: {answer.Value(wrong)} in the place of {ReceivedRequest.Join(expected.Fields, wrong)}"
            : kept is not null ? $"Arrived: {kept}" : null;
    }
}
