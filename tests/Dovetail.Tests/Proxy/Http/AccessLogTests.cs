using System.Net;
using Dovetail.Proxy.Http;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Proxy.Http;

public sealed class AccessLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Each_request_is_one_line_without_its_query(string version)
    {
        using var log = NewLog();
        await using var upstream = await TestUpstream.StartAsync(
            context => context.Response.WriteAsync(new string('x', 70_000), Token), "shop-1");
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), log: log);
        using var client = listener.Client(Version.Parse(version));

        await client.GetStringAsync("/a%20b?token=secret", Token);

        await Eventually.TrueAsync(() => Lines(log).Count > 0);
        Assert.Matches(@"^web: ada@example\.com ""GET /a%20b"" 200, 70000 bytes, \d+ ms, shop-1$", Assert.Single(Lines(log)));
    }

    [Fact]
    public async Task Only_a_service_that_asks_for_it_is_logged_and_from_the_moment_on_that_it_does()
    {
        using var log = NewLog();
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask);
        var service = TestListener.Service(upstream);
        await using var listener = await TestListener.StartAsync(service with { AccessLog = false }, log: log);
        using var client = listener.Client();

        using var before = await client.GetAsync("/before", Token);
        await listener.UpdateAsync(service);
        using var after = await client.GetAsync("/after", Token);

        await Eventually.TrueAsync(() => Lines(log).Count > 0);
        Assert.Contains("/after", Assert.Single(Lines(log)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_listener_answers_itself_is_there_too()
    {
        using var log = NewLog();
        await using var listener = await TestListener.StartAsync(
            TestListener.Service() with { Allow = Rules.Of("eve@example.com") }, FakeDirectory.Knowing(FakeDirectory.Tagged), log: log);
        using var client = listener.Client();
        using var plain = listener.Client(https: false);

        using var denied = await client.PostAsync("/", new ByteArrayContent([]), Token);
        using var redirected = await plain.GetAsync("/b?c", Token);

        await Eventually.TrueAsync(() => Lines(log).Count > 1);
        Assert.Collection(
            Lines(log).Order(StringComparer.Ordinal),
            line => Assert.Matches(@"^web: 100\.64\.0\.7 ""GET /b"" 308, 0 bytes, \d+ ms, no upstream$", line),
            line => Assert.Matches(@"^web: 100\.64\.0\.7 ""POST /"" 403, [1-9]\d* bytes, \d+ ms, no upstream$", line));
    }

    [Theory]
    [InlineData("a missing path", 400)]
    [InlineData("another scheme", 400)]
    [InlineData("a host that is none", 400)]
    [InlineData("a name in upper case", 400)]
    [InlineData("a line break in a value", 400)]
    [InlineData("headers above twice the limit", 431)]
    [InlineData("headers far above the limit", 400)]
    public async Task What_the_server_refuses_over_HTTP_2_is_there_once_and_the_rest_of_the_connection_as_ever(string what, int status)
    {
        using var log = NewLog();
        await using var upstream = await TestUpstream.StartAsync(context => context.Response.WriteAsync("ok", Token));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), log: log);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));
        var good = RawHttp2.Request("/good", "web");

        await connection.SendHeadersAsync(1, RawHttp2.Block(good));
        await connection.ReadAnswerAsync(1);
        await connection.SendHeadersAsync(3, RawHttp2.Block(Refused(what)));
        await connection.ReadAnswerAsync(3);

        await Eventually.TrueAsync(() => Lines(log).Count == 2, seen: () => string.Join('\n', Lines(log)));
        Assert.Contains(Lines(log), line => line.Contains("\"GET /good\" 200, 2 bytes", StringComparison.Ordinal));
        Assert.Contains(Lines(log), line => line.StartsWith($"web: 100.64.0.7 \"- -\" {status}, ", StringComparison.Ordinal));

        IEnumerable<(string Name, string Value)> Refused(string what) => what switch
        {
            "a missing path" => good.Where(static field => field.Name != ":path"),
            "another scheme" => good.Select(static field => field.Name == ":scheme" ? (field.Name, "ftp") : field),
            "a host that is none" => RawHttp2.Request("/", "web evil"),
            "a name in upper case" => [.. good, ("X-A", "1")],
            "a line break in a value" => [.. good, ("x-a", "1\nx-b: 2")],
            _ => good.Concat(Enumerable.Range(0, what.Contains("twice", StringComparison.Ordinal) ? 5 : 9).Select(static i => ($"x-{i}", new string('a', 15_000)))),
        };
    }

    [Fact]
    public async Task An_answer_that_breaks_off_over_HTTP_2_is_one_line()
    {
        using var log = NewLog();
        using var upstream = new RawUpstream(static _ => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
        await using var listener = await TestListener.StartAsync(upstream.Service with { AccessLog = true }, log: log);
        await using var connection = await RawHttp2.StartAsync(await listener.ConnectTlsAsync("h2"));

        await connection.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request("/", "web")));
        await connection.ReadUntilAsync(static frame => frame is { Stream: 1, Type: Http2Frame.Reset });
        await connection.SendHeadersAsync(3, RawHttp2.Block(RawHttp2.Request("/", "web")));
        await connection.ReadUntilAsync(static frame => frame is { Stream: 3, Type: Http2Frame.Reset });

        await Eventually.TrueAsync(() => Lines(log).Count >= 2);
        Assert.Equal(2, Lines(log).Count(static line => line.Contains("\"GET /\"", StringComparison.Ordinal)));
        Assert.Equal(2, Lines(log).Count);
    }

    [Fact]
    public async Task A_request_whose_client_goes_away_is_told_from_one_that_was_answered()
    {
        using var log = NewLog();
        var asked = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), log: log);
        using var client = listener.Client();
        using var leave = new CancellationTokenSource();

        var request = client.GetAsync("/", leave.Token);
        await asked.Task.WaitAsync(Token);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);

        await Eventually.TrueAsync(() => Lines(log).Count > 0);
        Assert.Matches(@"""GET /"" 499, 0 bytes, cut off, \d+ ms, app$", Assert.Single(Lines(log)));
    }

    [Fact]
    public async Task A_stranger_can_write_nothing_into_the_log_but_one_line_of_printable_text()
    {
        using var log = NewLog();
        var peer = FakeDirectory.Ada with { User = FakeDirectory.Ada.User! with { Login = "a\nweb: root@example.com \u001b[2J\u202e" } };
        await using var upstream = await TestUpstream.StartAsync(_ => Task.CompletedTask);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), FakeDirectory.Knowing(peer), log: log);

        foreach (var target in (string[])["/\u001b[2J", "/\"quoted\"\\", "/\u0085\u009b", "/" + new string('a', 5000)])
        {
            await using var stream = await listener.ConnectTlsAsync();
            await RawHttp.ExchangeAsync(stream, $"GET {target} HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");
        }

        await Eventually.TrueAsync(() => Lines(log).Count == 4);
        Assert.Contains(Lines(log), line => line.Contains("aaaa", StringComparison.Ordinal));
        Assert.All(Lines(log), line =>
        {
            Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter == '\u202e');

            // Who asks is not looked up for what is refused.
            Assert.Matches(@"^web: (a\\nweb: root@example\.com \\u\{1B\}\[2J\\u\{202E\} ""GET |100\.64\.0\.7 ""GET \S+"" 4\d\d|100\.64\.0\.7 ""- -"" 4\d\d)", line);
            Assert.InRange(line.Length, 1, 1500);
        });
    }

    [Fact]
    public async Task With_the_access_log_a_call_that_streams_both_ways_still_gets_its_trailers()
    {
        using var log = NewLog();
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                // As a gRPC server that refuses a call: header and trailers at once, while the client still speaks.
                context.Response.DeclareTrailer("grpc-status");
                context.Response.AppendTrailer("grpc-status", "7");
                await context.Response.CompleteAsync();
            },
            scheme: Dovetail.Services.Model.UpstreamScheme.H2c);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), log: log);
        using var client = listener.Client(HttpVersion.Version20);
        using var turns = new Turns();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = turns, Version = HttpVersion.Version20 };

        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        await response.Content.ReadAsByteArrayAsync(Token);
        turns.End();

        Assert.Equal("7", response.TrailingHeaders.GetValues("grpc-status").Single());
        await Eventually.TrueAsync(() => Lines(log).Count > 0);
        Assert.Contains("\"POST /\" 200, 0 bytes", Lines(log)[0], StringComparison.Ordinal);
    }

    [Fact]
    public void It_is_absent_when_nothing_logs_it() =>
        Assert.Null(AccessLog.Create("web", TimeProvider.System, NullLoggerFactory.Instance));

    private static FakeLoggerProvider NewLog() =>
        new(FakeLogCollector.Create(new FakeLogCollectorOptions { FilteredCategories = { AccessLog.Category } }));

    private static List<string> Lines(FakeLoggerProvider log) => [.. log.Collector.GetSnapshot().Select(record => record.Message)];
}
