using System.Text;
using Dovetail.Notifications.Receivers;

namespace Dovetail.Tests.Notifications.Receivers;

public sealed class ReceiverSyntaxTests
{
    private const string Secret = "s3cr3t";

    [Theory]
    [InlineData("https://hooks.example.com/x?key=s3cr3t", ReceiverKind.Json, "https://hooks.example.com/x?key=s3cr3t")]
    [InlineData("http://192.168.1.10:8080/s3cr3t", ReceiverKind.Json, "http://192.168.1.10:8080/s3cr3t")]
    [InlineData("json+https://discord.com/x", ReceiverKind.Json, "https://discord.com/x")]
    [InlineData("https://ntfy.sh/s3cr3t", ReceiverKind.Ntfy, "https://ntfy.sh/")]
    [InlineData("ntfy+http://nas:8081/s3cr3t/", ReceiverKind.Ntfy, "http://nas:8081/")]
    [InlineData("ntfy+https://example.com/push/s3cr3t?auth=abc", ReceiverKind.Ntfy, "https://example.com/push/?auth=abc")]
    [InlineData("gotify+https://push.example.com/?token=s3cr3t", ReceiverKind.Gotify, "https://push.example.com/message")]
    [InlineData("gotify+https://push.example.com/sub/message?token=s3cr3t", ReceiverKind.Gotify, "https://push.example.com/sub/message")]
    [InlineData("https://discord.com/api/webhooks/1/s3cr3t", ReceiverKind.Discord, "https://discord.com/api/webhooks/1/s3cr3t")]
    [InlineData("discord://1/s3cr3t", ReceiverKind.Discord, "https://discord.com/api/webhooks/1/s3cr3t")]
    [InlineData("https://hooks.slack.com/services/T/B/s3cr3t", ReceiverKind.Slack, "https://hooks.slack.com/services/T/B/s3cr3t")]
    [InlineData("slack+https://chat.example.com/hooks/s3cr3t", ReceiverKind.Slack, "https://chat.example.com/hooks/s3cr3t")]
    public void The_kind_is_that_of_the_prefix_or_of_the_host(string url, object kind, string address)
    {
        var receiver = Assert.Single(Read(url));

        Assert.Equal(kind, receiver.Kind);
        Assert.Equal(address, receiver.Address.ToString());
        Assert.DoesNotContain(Secret, receiver.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($" at {receiver.Address.Scheme}://{receiver.Address.Authority}", receiver.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void Secrets_go_where_each_kind_has_them()
    {
        Assert.Equal("s3cr3t", Read("ntfy+https://ntfy.sh/s3cr3t")[0].Topic);
        Assert.Equal("Bearer tk_s3cr3t", Read("ntfy+https://tk_s3cr3t@ntfy.sh/t")[0].Authorization);
        Assert.Equal(Basic("phil:s3cr:3t"), Read("ntfy+https://phil:s3cr%3A3t@ntfy.sh/t")[0].Authorization);
        Assert.Equal(Basic("s3cr3t:"), Read("https://s3cr3t@example.com/")[0].Authorization);
        Assert.Equal("s3cr3t", Read("gotify+http://push/?token=s3cr3t")[0].Token);
        Assert.All(
            Read("ntfy+https://phil:s3cr3t@ntfy.sh/t gotify+http://push/?token=s3cr3t"),
            receiver => Assert.DoesNotContain(Secret, $"{receiver.Address}{receiver}", StringComparison.Ordinal));
    }

    [Fact]
    public void A_list_has_commas_or_white_space_and_each_receiver_once() => Assert.Equal(
        ["json at https://a.example", "ntfy at https://ntfy.sh", "json at http://b"],
        Read("https://a.example/1, ntfy+https://ntfy.sh/t\nhttp://b/\r\n  https://a.example/1").Select(receiver => receiver.Title));

    [Theory]
    [InlineData("s3cr3t", "begins otherwise")]
    [InlineData("s3cr3t://x", "begins otherwise")]
    [InlineData("ntfy://ntfy.sh/s3cr3t", "begins otherwise")]
    [InlineData("mail+https://ntfy.sh/s3cr3t", "begins otherwise")]
    [InlineData("ftp://s3cr3t", "begins otherwise")]
    [InlineData("https://", "is no URL")]
    [InlineData("https://s3cr3t:x:y:z/", "is no URL")]
    [InlineData("ntfy+https://ntfy.example/", "names no topic")]
    [InlineData("gotify+https://push.example/?tok=s3cr3t", "names no application token")]
    [InlineData("gotify+https://push.example/?token=s3cr3t%0AX:y", "names no application token")]
    [InlineData("https://discord.com/channels/s3cr3t", "is no Discord webhook")]
    [InlineData("discord://s3cr3t", "is no Discord webhook")]
    [InlineData("https://hooks.slack.com/", "is no Slack webhook")]
    [InlineData("http://ntfy.sh/s3cr3t", "write https")]
    [InlineData("http://discord.com/api/webhooks/1/s3cr3t", "write https")]
    public void A_mistake_is_named_by_its_place_and_never_shown(string entry, string expected)
    {
        var problem = ReceiverSyntax.ReadList($"https://good.example/, {entry}", out _);

        Assert.StartsWith("its entry number 2 ", problem, StringComparison.Ordinal);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_ten_at_most_and_one_at_least()
    {
        Assert.NotNull(ReceiverSyntax.ReadList(string.Join(' ', Enumerable.Range(0, 11).Select(number => $"https://h{number}/")), out _));
        Assert.NotNull(ReceiverSyntax.ReadList(" , ", out _));
    }

    [Fact]
    public void A_file_is_read_anew_each_time_and_its_mistakes_hold_nothing_of_it()
    {
        var file = Path.GetTempFileName();
        try
        {
            var source = new ReceiverSource(null, file);
            Assert.NotNull(source.Read().Problem);
            File.WriteAllText(file, "\uFEFFhttps://a.example/\nhttps://b.example/\n");
            Assert.Equal(2, source.Read().Receivers.Count);
            File.WriteAllText(file, Secret);
            Assert.DoesNotContain(Secret, source.Read().Problem!, StringComparison.Ordinal);
            File.WriteAllText(file, new string('x', 100_000));
            Assert.Contains("too large", source.Read().Problem, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Contains("cannot be read", new ReceiverSource(null, file).Read().Problem, StringComparison.Ordinal);
    }

    private static string Basic(string said) => $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(said))}";

    private static IReadOnlyList<Receiver> Read(string text)
    {
        Assert.Null(ReceiverSyntax.ReadList(text, out var receivers));
        return receivers;
    }
}
