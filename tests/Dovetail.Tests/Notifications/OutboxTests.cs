using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Dovetail.Notifications;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Notifications;

/// <summary>Messages on their way to a real HTTP server.</summary>
public sealed class OutboxTests : IAsyncDisposable
{
    private const string Secret = "s3cr3t";

    private readonly TestClock _clock = new();
    private readonly FakeLogger _logger = new();
    private readonly ReceiverClient _client;
    private readonly List<Outbox> _outboxes = [];

    public OutboxTests() => _client = new ReceiverClient(_clock);

    [Fact]
    public async Task Messages_arrive_in_order_and_are_counted()
    {
        await using var server = new HttpReceiver();
        var outbox = OutboxFor(server);
        outbox.Post(Message("one"));
        outbox.Post(Message("two"));

        await TestClock.UntilAsync(() => outbox.Report.Sent == 2);
        Assert.Equal(["one", "two"], server.Requests.Select(TitleOf));
        Assert.Equal(new ReceiverReport($"json at http://{server.Address}", 2, 0, null), outbox.Report);
        Assert.Contains("Content-Type: application/json", server.Requests.First().Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_away_is_tried_again_until_it_is_back()
    {
        IPEndPoint address;
        await using (var server = new HttpReceiver())
        {
            address = server.Address;
        }

        var outbox = OutboxFor(address);
        outbox.Post(Message("one"));
        await TestClock.UntilAsync(() => outbox.Report.Error is not null);
        Assert.Equal("no connection to it", outbox.Report.Error);
        await _clock.AdvanceByAsync(TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(30));

        await using var back = new HttpReceiver(address.Address, address.Port);
        await _clock.AdvanceUntilAsync(() => outbox.Report.Sent == 1, TimeSpan.FromSeconds(30));
        Assert.Equal("one", TitleOf(Assert.Single(back.Requests)));
        Assert.Null(outbox.Report.Error);
        // Once when it began, once when it was over.
        Assert.Equal([5202, 5204], Logged());
    }

    [Fact]
    public async Task What_it_asks_to_wait_is_waited()
    {
        await using var server = new HttpReceiver { Answer = number => number == 1 ? (429, "Retry-After: 90") : (200, "") };
        var outbox = OutboxFor(server);
        outbox.Post(Message("one"));
        await TestClock.UntilAsync(() => outbox.Report.Error is not null);

        await _clock.AdvanceByAsync(TimeSpan.FromSeconds(85), TimeSpan.FromSeconds(5));
        Assert.Single(server.Requests);
        await _clock.AdvanceUntilAsync(() => outbox.Report.Sent == 1, TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData(301, "redirects")]
    [InlineData(401, "the token or password is refused")]
    [InlineData(404, "there is nothing of that name")]
    public async Task What_is_refused_is_not_tried_again_and_a_redirect_is_never_followed(int status, string expected)
    {
        await using var other = new HttpReceiver();
        await using var server = new HttpReceiver { Answer = _ => (status, $"Location: http://{other.Address}/{Secret}") };
        var outbox = OutboxFor(server);
        outbox.Post(Message("one"));
        outbox.Post(Message("two"));

        await TestClock.UntilAsync(() => outbox.Report.Failed == 2);
        Assert.Equal(2, server.Requests.Count);
        Assert.Empty(other.Requests);
        Assert.StartsWith($"HTTP {status}: ", outbox.Report.Error, StringComparison.Ordinal);
        Assert.Contains(expected, outbox.Report.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_one_is_away_only_so_many_wait_and_what_is_old_is_given_up()
    {
        await using var server = new HttpReceiver { Answer = _ => (500, "") };
        var outbox = OutboxFor(server);
        for (var number = 0; number < 50; number++)
        {
            outbox.Post(Message($"{number}"));
        }

        // 20 wait, and one may be on its way.
        Assert.InRange(outbox.Report.Failed, 29, 30);
        await _clock.AdvanceUntilAsync(() => outbox.Report.Failed == 50, TimeSpan.FromMinutes(3));
        Assert.Contains(5203, Logged());
    }

    [Fact]
    public async Task At_the_end_each_is_tried_once_more()
    {
        var isAway = true;
        await using var server = new HttpReceiver { Answer = _ => (isAway ? 503 : 200, "") };
        var outbox = OutboxFor(server);
        outbox.Post(Message("one"));
        outbox.Post(Message("two"));
        await TestClock.UntilAsync(() => outbox.Report.Error is not null);
        isAway = false;

        await outbox.FlushAsync(TimeSpan.FromSeconds(30));

        Assert.Equal((2, 0), (outbox.Report.Sent, outbox.Report.Failed));
    }

    [Fact]
    public async Task At_the_end_one_that_does_not_answer_is_not_waited_for()
    {
        var asked = new TaskCompletionSource();
        await using var server = new HttpReceiver
        {
            Answer = _ =>
            {
                asked.TrySetResult();
                Task.Delay(TimeSpan.FromSeconds(20)).Wait();
                return (200, "");
            },
        };
        var outbox = OutboxFor(server);
        outbox.Post(Message("one"));
        await asked.Task;

        var begun = TimeProvider.System.GetTimestamp();
        await outbox.FlushAsync(TimeSpan.FromMilliseconds(200));
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_certificate_of_nobody_is_not_taken_and_nothing_said_holds_the_address()
    {
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var server = new HttpReceiver(certificate: certificate);
        Assert.Null(ReceiverSyntax.ReadList($"https://u:{Secret}@localhost:{server.Address.Port}/{Secret}?{Secret}", out var receivers));
        var outbox = Own(new Outbox(receivers[0], _client, _clock, new Random(1), _logger));
        outbox.Post(Message("one"));

        await TestClock.UntilAsync(() => outbox.Report.Error is not null);
        Assert.StartsWith("no secure connection to it: ", outbox.Report.Error, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
        var said = outbox.Report + string.Concat(_logger.Collector.GetSnapshot().Select(entry => entry.Message + entry.Exception));
        Assert.DoesNotContain(Secret, said, StringComparison.Ordinal);
        Assert.Contains($"https://localhost:{server.Address.Port}", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ntfy+http://tk_1@{0}/topic", "/", "Authorization: Bearer tk_1")]
    [InlineData("gotify+http://{0}/?token=A1", "/message", "X-Gotify-Key: A1")]
    [InlineData("discord+http://{0}/api/webhooks/1/t", "/api/webhooks/1/t", "User-Agent: Dovetail")]
    [InlineData("slack+http://{0}/services/T", "/services/T", "User-Agent: Dovetail")]
    public async Task Each_kind_is_asked_as_it_wants_to_be(string url, string target, string header)
    {
        await using var server = new HttpReceiver();
        Assert.Null(ReceiverSyntax.ReadList(url.Replace("{0}", $"{server.Address}", StringComparison.Ordinal), out var receivers));

        var delivery = await _client.SendAsync(receivers[0], Message("one"), TestContext.Current.CancellationToken);

        Assert.Equal(DeliveryOutcome.Sent, delivery.Outcome);
        var request = Assert.Single(server.Requests);
        Assert.Equal(target, request.Target);
        Assert.Contains(header, request.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Receivers_of_a_file_come_and_go_and_one_that_is_silent_delays_no_other()
    {
        await using var silent = new HttpReceiver { Answer = _ => (503, "") };
        await using var good = new HttpReceiver();
        var file = Path.GetTempFileName();
        try
        {
            await using var outboxes = new Outboxes(
                new ReceiverSource(null, file), _clock, new Random(1), new FakeLogger<Outboxes>());
            outboxes.Post(Message("none"));
            Assert.Empty(outboxes.Report());

            await File.WriteAllTextAsync(file, $"http://{silent.Address}/ http://{good.Address}/", TestContext.Current.CancellationToken);
            outboxes.Post(Message("one"));
            outboxes.Post(Message("two"));
            await TestClock.UntilAsync(() => outboxes.Report()[1].Sent == 2);
            Assert.Equal(0, outboxes.Report()[0].Sent);

            // While the file is being replaced, or is wrong, they stay.
            await File.WriteAllTextAsync(file, Secret, TestContext.Current.CancellationToken);
            outboxes.Post(Message("three"));
            await TestClock.UntilAsync(() => outboxes.Report()[1].Sent == 3);

            await File.WriteAllTextAsync(file, $"http://{good.Address}/", TestContext.Current.CancellationToken);
            outboxes.Post(Message("four"));
            await TestClock.UntilAsync(() => outboxes.Report() is [{ Sent: 4 }]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var outbox in _outboxes)
        {
            await outbox.DisposeAsync();
        }

        _client.Dispose();
    }

    private static string TitleOf(ReceivedRequest request) =>
        System.Text.Json.JsonDocument.Parse(request.Body).RootElement.GetProperty("title").GetString()!;

    private Message Message(string title) => new() { Title = title, Parts = ["part"], IsBad = true, Host = "nas", At = _clock.Now };

    private Outbox OutboxFor(HttpReceiver server) => OutboxFor(server.Address);

    private Outbox OutboxFor(IPEndPoint address)
    {
        Assert.Null(ReceiverSyntax.ReadList($"http://{address}/{Secret}", out var receivers));
        return Own(new Outbox(receivers[0], _client, _clock, new Random(1), _logger));
    }

    private Outbox Own(Outbox outbox)
    {
        _outboxes.Add(outbox);
        return outbox;
    }

    private List<int> Logged() => [.. _logger.Collector.GetSnapshot().Select(entry => entry.Id.Id)];
}
