using System.Text;
using System.Text.Json;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Notifications.Receivers;

/// <summary>What each kind of receiver is sent, as its documentation has it.</summary>
public sealed class PayloadTextTests
{
    private const string Link = "https://home.tailtest.ts.net/services/web";

    [Fact]
    public void Ntfy()
    {
        var payload = Write("ntfy+https://ntfy.sh/topic", Problem("web", "text"));

        Assert.Equal("topic", payload.GetProperty("topic").GetString());
        Assert.Equal("nas: web has a problem", payload.GetProperty("title").GetString());
        Assert.StartsWith("web: text.\nfix.\n", payload.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(4, payload.GetProperty("priority").GetInt32());
        Assert.Equal("rotating_light", Assert.Single(payload.GetProperty("tags").EnumerateArray()).GetString());
        Assert.Equal(Link, payload.GetProperty("click").GetString());
        Assert.False(payload.TryGetProperty("markdown", out _));

        var over = Write("ntfy+https://ntfy.sh/topic", Problem("web", "text") with { Kind = ChangeKind.Over });
        Assert.Equal((3, "white_check_mark"), (over.GetProperty("priority").GetInt32(), over.GetProperty("tags")[0].GetString()));
    }

    [Fact]
    public void Ntfy_is_sent_less_bytes_than_make_an_attachment() => Assert.InRange(
        Encoding.UTF8.GetByteCount(Write("ntfy+https://ntfy.sh/t", Many('€')).GetProperty("message").GetString()!), 3000, 4096);

    [Fact]
    public void Gotify()
    {
        var payload = Write("gotify+https://push/?token=A", Problem("web", "text"));

        Assert.Equal("nas: web has a problem", payload.GetProperty("title").GetString());
        Assert.StartsWith("web: text.\n", payload.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(8, payload.GetProperty("priority").GetInt32());
        var extras = payload.GetProperty("extras");
        Assert.Equal("text/plain", extras.GetProperty("client::display").GetProperty("contentType").GetString());
        Assert.Equal(Link, extras.GetProperty("client::notification").GetProperty("click").GetProperty("url").GetString());
    }

    [Fact]
    public void Discord()
    {
        var payload = Write(
            "discord://1/t", Problem("web_1", "@everyone <@&1> [press](https://evil.example/a_b) **bold** `code` ||x|| ~~y~~ > z"));

        Assert.Empty(payload.GetProperty("allowed_mentions").GetProperty("parse").EnumerateArray());
        var embed = Assert.Single(payload.GetProperty("embeds").EnumerateArray());
        Assert.Equal(@"nas: web\_1 has a problem", embed.GetProperty("title").GetString());
        Assert.StartsWith(
            @"web\_1: @everyone \<@&1\> \[press\](https://evil.example/a_b) \*\*bold\*\* \`code\` \|\|x\|\| \~\~y\~\~ \> z.",
            embed.GetProperty("description").GetString(),
            StringComparison.Ordinal);
        Assert.Equal(Link, embed.GetProperty("url").GetString());
        Assert.False(payload.TryGetProperty("content", out _));
    }

    [Theory]
    [InlineData('*')]
    [InlineData('x')]
    public void Discord_is_sent_no_more_than_it_takes(char letter)
    {
        var embed = Write("discord://1/t", Many(letter)).GetProperty("embeds")[0];

        Assert.InRange(embed.GetProperty("description").GetString()!.Length, 3000, 4096);
    }

    [Fact]
    public void Slack()
    {
        var payload = Write(
            "https://hooks.slack.com/services/T/B/x", Problem("web", "<!channel> & <https://evil.example|press> @here *bold*"));

        var text = payload.GetProperty("text").GetString();
        Assert.StartsWith(
            "nas: web has a problem\nweb: &lt;!channel&gt; &amp; &lt;https://evil.example|press&gt; @\u2060here *bold*.", text,
            StringComparison.Ordinal);
        Assert.False(payload.GetProperty("mrkdwn").GetBoolean());
    }

    [Fact]
    public void Slack_is_sent_no_more_than_it_shows() =>
        Assert.InRange(Write("https://hooks.slack.com/services/T/B/x", Many('<')).GetProperty("text").GetString()!.Length, 2000, 4000);

    [Fact]
    public void Others_get_a_document_with_all_that_is_known()
    {
        var payload = Write("https://example.com/", Problem("web", "text"));

        Assert.Equal("nas: web has a problem", payload.GetProperty("title").GetString());
        Assert.Equal("nas", payload.GetProperty("host").GetString());
        Assert.Equal(TestClock.Noon, payload.GetProperty("time").GetDateTimeOffset());
        Assert.Equal(Link, payload.GetProperty("url").GetString());
        var said = Assert.Single(payload.GetProperty("events").EnumerateArray());
        Assert.Equal(
            ("began", "web", "no-upstream", "Problem", "text", "fix"),
            (Text("event"), Text("subject"), Text("condition"), Text("severity"), Text("text"), Text("fix")));
        Assert.Equal(0, payload.GetProperty("moreEvents").GetInt32());

        string? Text(string name) => said.GetProperty(name).GetString();
    }

    [Fact]
    public void The_document_is_bounded()
    {
        var payload = Write("https://example.com/", [.. Enumerable.Range(0, 250).Select(number => Problem($"s{number}", "text"))]);

        Assert.Equal(
            (PayloadText.MostEvents, 250 - PayloadText.MostEvents),
            (payload.GetProperty("events").GetArrayLength(), payload.GetProperty("moreEvents").GetInt32()));
    }

    private static Change[] Many(char letter) =>
    [
        .. Enumerable.Range(0, 100).Select(number =>
        {
            var change = Problem($"s{number}", new string(letter, 300));
            return change with { Finding = change.Finding with { Id = $"id-{number}" } };
        }),
    ];

    private static Change Problem(string subject, string text) => new(
        ChangeKind.Began, new Finding(subject, "no-upstream", Severity.Problem, text, "fix") { Link = Link }, TestClock.Noon, 0, null);

    private static JsonElement Write(string url, params Change[] changes)
    {
        Assert.Null(ReceiverSyntax.ReadList(url, out var receivers));
        var message = new MessageWriter("nas").Write(changes, TestClock.Noon);
        using var document = JsonDocument.Parse(PayloadText.Write(receivers[0], message));
        return document.RootElement.Clone();
    }
}
