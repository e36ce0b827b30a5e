using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>What an attacker or a careless program sends through the tailnet, and what an odd application answers.</summary>
public sealed class SiegeTests(SiegeFixture fixture) : IClassFixture<SiegeFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>By the path under which each is asked for: the application's answer, what comes of it, and its content.</summary>
    private static readonly Dictionary<string, (string Answer, int Status, string Content)> Answers = new()
    {
        ["/no-content-with-length"] = ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", 204, ""),
        ["/reset-content-with-body"] = ("HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello", 205, ""),
        ["/equal-lengths"] = ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
        ["/list-of-lengths"] = ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello", 200, "hello"),
        ["/two-lengths"] = ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 502, "sent an answer that is not HTTP"),
        ["/not-http"] = ("SSH-2.0-OpenSSH_9.2\r\n", 502, "sent an answer that is not HTTP"),
        ["/broken-off"] = ("", 502, "broke off without an answer"),
        ["/nominated"] = ("HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
        ["/own-redirect"] = ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:PORT/login?a=b#c\r\nContent-Length: 0\r\n\r\n", 302, ""),
        ["/other-redirect"] = ("HTTP/1.1 302 Found\r\nLocation: https://example.com/login\r\nContent-Length: 0\r\n\r\n", 302, ""),
    };

    public static TheoryData<string, string> Attacks()
    {
        var all = new TheoryData<string, string>();
        foreach (var (what, attack) in Attack.All)
        {
            foreach (var version in (string[])["1.1", "2"])
            {
                if ((attack.Only ?? version) == version)
                {
                    all.Add(what, version);
                }
            }
        }

        return all;
    }

    public static TheoryData<string, string> OddAnswers()
    {
        var all = new TheoryData<string, string>();
        foreach (var path in Answers.Keys)
        {
            all.Add(path, "1.1");
            all.Add(path, "2.0");
        }

        return all;
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(Attacks))]
    public async Task A_request_arrives_in_one_meaning_or_not_at_all(string what, string version)
    {
        var attack = Attack.All[what];
        var services = version == "1.1" ? (string[])["web", "plain"] : ["web"];
        foreach (var service in services)
        {
            var mark = Guid.NewGuid().ToString("N");
            var host = attack.Host?.Replace("web", service, StringComparison.Ordinal);
            var status = await (version == "2" ? AskHttp2Async(attack, mark) : AskHttp1Async(attack with { Host = host, Line = attack.Line.Replace("web", service, StringComparison.Ordinal) }, mark, service))
                .WaitAsync(Patience, Cancellation);

            Assert.Equal($"{service} {attack.Status}", $"{service} {status ?? 0}");
            var arrived = fixture.Upstream.Requests.SingleOrDefault(request => request.Value("X-Mark") == mark);
            Assert.Equal(attack.Arrives is null ? null : $"{attack.Arrives} HTTP/1.1", arrived?.Head.Split("\r\n")[0]);
            if (arrived is not null)
            {
                var expected = attack.Host is null ? fixture.Peer.NameOf(service) : host;
                Assert.Equal(expected, Assert.Single(arrived.Fields, field => field.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)).Value);
                Assert.DoesNotContain(attack.Absent, arrived.Head, StringComparison.OrdinalIgnoreCase);
                Assert.Equal(fixture.Peer.Address, arrived.Value("X-Forwarded-For"));
                Assert.Equal(fixture.Peer.Login, arrived.Value("Tailscale-User-Login"));
            }
        }
    }

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(OddAnswers))]
    public async Task An_answer_comes_as_a_browser_expects_it_or_is_named_as_none(string path, string version)
    {
        var port = $"{fixture.Upstream.Port}";
        fixture.Upstream.Answer = request =>
            Answers.TryGetValue(request.Target, out var odd) ? odd.Answer.Replace("PORT", port, StringComparison.Ordinal) : null;
        var (_, status, content) = Answers[path];

        using var answer = await fixture.Peer.Http(Version.Parse(version)).GetAsync($"https://{fixture.Peer.NameOf("web")}{path}", Cancellation);

        var received = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.True(status == 502 ? received.Contains(content, StringComparison.Ordinal) : received == content, received);
        Assert.False(answer.Headers.Contains("X-Hop"));
        Assert.Equal(path == "/nominated", answer.Headers.Contains("X-Kept"));
        if (status == 302)
        {
            Assert.Equal(
                path == "/own-redirect" ? $"https://{fixture.Peer.NameOf("web")}/login?a=b#c" : "https://example.com/login",
                answer.Headers.NonValidated["Location"].ToString());
        }
    }

    [Theory(Timeout = 300_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task A_client_that_leaves_a_silent_answer_is_no_failure(string version)
    {
        fixture.Upstream.Answer = static request =>
            request.Target == "/silent" ? "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" : null;
        fixture.Upstream.HoldsAfterAnswer = true;
        try
        {
            for (var i = 0; i < 6; i++)
            {
                using var leaving = new CancellationTokenSource();
                using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{fixture.Peer.NameOf("web")}/silent") { Version = Version.Parse(version) };
                using var answer = await fixture.Peer.Http(Version.Parse(version))
                    .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                var reading = (await answer.Content.ReadAsStreamAsync(Cancellation)).ReadAsync(new byte[1], leaving.Token);
                await leaving.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
            }

            await Eventually.TrueAsync(() => fixture.Upstream.Held == 0, "the application to be told that each client has left");
        }
        finally
        {
            fixture.Upstream.HoldsAfterAnswer = false;
        }

        Assert.DoesNotContain("a request failed unexpectedly", fixture.Daemon.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("ResponseBodyDestination", fixture.Daemon.Log, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("1.1")]
    [InlineData("2")]
    public async Task Names_that_are_none_are_no_line_in_the_log(string version)
    {
        var begin = fixture.Daemon.Log.Length;
        for (var i = 0; i < 20; i++)
        {
            foreach (var host in (string[])["xn--a-ecp.example", "xn--a", "w\u00e9b", "web:x", "web evil", "a\u0001b"])
            {
                var attack = new Attack("GET /", [], 0, Host: host);
                var status = await (version == "2" ? AskHttp2Async(attack, "mark") : AskHttp1Async(attack, "mark", "web")).WaitAsync(Patience, Cancellation);
                Assert.True(status is null or 400 or 421, $"{host}: {status}");
            }
        }

        var lines = fixture.Daemon.Log[begin..].Split('\n');
        Assert.DoesNotContain(lines, static line => line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" warn: ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static line => line.Contains("xn--", StringComparison.Ordinal));
    }

    private async Task<int?> AskHttp1Async(Attack attack, string mark, string service)
    {
        await using Stream stream = service == "web"
            ? await fixture.Peer.SecureAsync(fixture.Peer.NameOf(service), Cancellation)
            : await fixture.Peer.ConnectAsync(fixture.Peer.NameOf(service), 80, Cancellation);
        await stream.WriteAsync(attack.Http1(mark), Cancellation);
        var line = await new ReceivedText(stream).TakeThroughAsync("\r\n");
        return line is null ? null : int.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<int?> AskHttp2Async(Attack attack, string mark)
    {
        await using var connection = await RawHttp2.StartAsync(await fixture.Peer.SecureAsync(fixture.Peer.NameOf("web"), Cancellation, "h2"));
        await connection.SendHeadersAsync(1, RawHttp2.Block(attack.Http2(mark).OrderBy(static field => field.Name[0] != ':')));
        return (await connection.ReadAnswerAsync(1)).Status;
    }
}
