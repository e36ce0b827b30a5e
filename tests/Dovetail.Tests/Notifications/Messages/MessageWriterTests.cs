using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Messages;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Notifications.Messages;

public sealed class MessageWriterTests
{
    private static readonly DateTimeOffset Now = TestClock.Noon + TimeSpan.FromMinutes(12);

    [Fact]
    public void One_problem()
    {
        var message = Write(
            Began("photos", "key-rejected", "the control server refuses the auth key: invalid key", "Make a new auth key."));

        Assert.Equal("nas: photos has a problem", message.Title);
        Assert.Equal(
            """
            photos: the control server refuses the auth key: invalid key.
            Make a new auth key.

            Dovetail on nas, 2026-11-22 12:12 UTC
            """,
            Body(message));
        Assert.True(message.IsBad);
    }

    [Fact]
    public void Its_end()
    {
        var message = Write(Began("photos", "no-upstream", "container photos-1 has ended", "Start it.") with { Kind = ChangeKind.Over });

        Assert.Equal("nas: a problem of photos is over", message.Title);
        Assert.StartsWith("Over after 12 min: photos: container photos-1 has ended.\n\n", Body(message), StringComparison.Ordinal);
        Assert.False(message.IsBad);
    }

    [Fact]
    public void Notices_are_no_problems()
    {
        var notice = Began("photos", "node-key-expiring", "the node's key expires soon", "Disable key expiry.");
        notice = notice with { Finding = notice.Finding with { Severity = Severity.Notice } };

        Assert.Equal("nas: a notice about photos", Write(notice).Title);
        Assert.False(Write(notice).IsBad);
        Assert.Equal("nas: notices about 2 services no longer hold", Write(
            notice with { Kind = ChangeKind.Over }, Named(notice, "wiki") with { Kind = ChangeKind.Over }).Title);
    }

    [Fact]
    public void What_is_the_case_of_several_is_said_once_and_what_is_over_comes_last()
    {
        var away = Began("", "control-unreachable", "the control server cannot be reached", "Check the way.");
        var message = Write(
            Began("blog", "no-upstream", "container blog has ended", "Start it.") with { Kind = ChangeKind.Over },
            Named(away, "a"), Named(away, "b"),
            Began("wiki", "no-upstream", "container wiki has ended", "Start it.") with { Kind = ChangeKind.Gone });

        Assert.Equal("nas: 2 services have problems; problems of 2 services are over", message.Title);
        Assert.Equal(
            """
            a, b: the control server cannot be reached.
            Check the way.

            Over after 12 min: blog: container blog has ended.

            No longer wanted: wiki. Before: container wiki has ended.

            Dovetail on nas, 2026-11-22 12:12 UTC
            """,
            Body(message));
    }

    [Fact]
    public void Hundreds_are_a_few_lines()
    {
        var message = Write([.. Enumerable.Range(0, 300).Select(number =>
            Began($"service{number}", "no-upstream", $"container c{number} has ended", "Start it."))]);

        Assert.Equal("nas: 300 services have problems", message.Title);
        Assert.StartsWith(
            "service0, service1, service2, service3, service4 and 295 more: such as container c0 has ended.\nStart it.\n", Body(message),
            StringComparison.Ordinal);
        Assert.InRange(Body(message).Length, 100, 300);
    }

    [Fact]
    public void What_does_not_fit_is_counted()
    {
        var message = Write([.. Enumerable.Range(0, 60).Select(number =>
            Began($"service{number}", $"id-{number}", new string('x', 300), new string('y', 300)))]);

        var body = message.Body(2000, static text => text.Length);
        Assert.InRange(body.Length, 1000, 2000);
        Assert.Contains("… and 57 more: dovetail status shows all.", body, StringComparison.Ordinal);
        Assert.EndsWith("UTC", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_from_outside_ends_a_line_or_hides_what_follows()
    {
        var message = new MessageWriter("na\ns").Write(
            [Began("we\u202eb\n", "id", "text\nOver: all is well\e[31m " + new string('x', 5000), "fix\r\nmore")], Now);

        Assert.Equal(message.Title, message.Title.ReplaceLineEndings(""));
        Assert.DoesNotContain(Body(message), letter => letter is '\u202e' or '\e' or '\r');
        Assert.Equal(4, Body(message).Split('\n').Length);
        Assert.InRange(Body(message).Length, 400, 1200);
    }

    [Fact]
    public void The_title_is_bounded() => Assert.InRange(
        new MessageWriter(new string('h', 300)).Write([Began(new string('s', 300), "id", "text", "fix")], Now).Title.Length,
        1,
        Message.MostOfTitle);

    [Fact]
    public void What_comes_and_goes_says_so()
    {
        var message = Write(Began("web", "no-upstream", "text", "fix") with { Turns = 9, QuietUntil = Now + TimeSpan.FromHours(1) });

        Assert.Contains(
            "It comes and goes (9 times since the last message): no more of it before 13:12 UTC.", Body(message), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_there_when_it_is_one_for_all()
    {
        var web = Began("web", "id", "text", "fix");
        web = web with { Finding = web.Finding with { Link = "https://home.tailtest.ts.net/services/web" } };

        Assert.EndsWith("UTC\nhttps://home.tailtest.ts.net/services/web", Body(Write(web)), StringComparison.Ordinal);
        Assert.Null(Write(web, Began("other", "id", "text", "fix")).Link);
    }

    private static Message Write(params Change[] changes) => new MessageWriter("nas").Write(changes, Now);

    private static string Body(Message message) => message.Body(4000, static text => text.Length);

    private static Change Began(string subject, string id, string text, string fix) =>
        new(ChangeKind.Began, new Finding(subject, id, Severity.Problem, text, fix), TestClock.Noon, 0, null);

    private static Change Named(Change change, string subject) => change with { Finding = change.Finding with { Subject = subject } };
}
