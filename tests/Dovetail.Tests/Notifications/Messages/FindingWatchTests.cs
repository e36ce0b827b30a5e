using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Messages;
using Dovetail.Tests.Nodes.Fakes;

namespace Dovetail.Tests.Notifications.Messages;

/// <summary>When something is said: a clock of seconds, and at each look the findings that there are then.</summary>
public sealed class FindingWatchTests
{
    private readonly FindingWatch _watch = new(new WatchOptions(TimeSpan.FromSeconds(30)));
    private readonly List<(int Second, IReadOnlyList<Change> Changes)> _said = [];
    private int _second;

    [Fact]
    public void What_lasts_is_said_once_and_so_is_its_end()
    {
        Pass(300, _ => [Of("web")]);
        Pass(300, _ => []);

        Assert.Equal(2, _said.Count);
        Assert.Equal((ChangeKind.Began, "web"), (_said[0].Changes.Single().Kind, _said[0].Changes.Single().Finding.Subject));
        Assert.InRange(_said[0].Second, 30, 50);
        Assert.Equal(ChangeKind.Over, _said[1].Changes.Single().Kind);
        Assert.InRange(_said[1].Second, 330, 350);
        Assert.Equal(TestClock.Noon, _said[1].Changes.Single().Since);
    }

    [Theory]
    [InlineData(25)]
    [InlineData(5)]
    public void What_begins_and_ends_in_less_is_not_said_however_often(int seconds)
    {
        Pass(6000, second => second % 600 < seconds ? [Of("web")] : []);

        Assert.Empty(_said);
    }

    [Fact]
    public void What_is_away_for_a_moment_has_not_ended()
    {
        Pass(600, second => second % 60 < 40 ? [Of("web")] : []);

        Assert.Single(_said);
    }

    [Fact]
    public void Hundreds_that_fail_within_the_time_of_a_poll_are_one_message()
    {
        Pass(300, second => [.. Enumerable.Range(0, 500).Where(number => second >= number % 15).Select(number => Of($"service{number}"))]);

        Assert.Equal(500, Assert.Single(_said).Changes.Count);
        Assert.InRange(_said[0].Second, 45, 65);
    }

    [Fact]
    public void A_trickle_is_not_waited_for_for_ever()
    {
        Pass(300, second => [.. Enumerable.Range(0, second / 5).Select(number => Of($"service{number}"))]);

        Assert.InRange(_said[0].Second, 90, 110);
        Assert.InRange(_said.Count, 2, 4);
    }

    [Fact]
    public void What_comes_and_goes_is_bounded_and_summed_up_once_an_hour()
    {
        Pass(6 * 3600, second => second % 150 < 75 ? [Of("web")] : []);

        Assert.InRange(_said.Count(said => said.Second <= 3600), 6, 7);
        Assert.InRange(_said.Count, 9, 12);
        Assert.All(_said.Take(5), said => Assert.Null(said.Changes.Single().QuietUntil));
        Assert.NotNull(_said[5].Changes.Single().QuietUntil);
        var summary = _said[6].Changes.Single();
        Assert.True(summary.Turns > 20, $"{summary.Turns}");
        Assert.NotNull(summary.QuietUntil);
    }

    [Fact]
    public void What_came_and_went_and_then_stays_is_said_again_when_the_silence_is_over()
    {
        Pass(1200, second => second % 150 < 75 ? [Of("web")] : []);
        var before = _said.Count;
        Pass(3 * 3600, _ => []);

        Assert.Equal(ChangeKind.Over, _said[^1].Changes.Single().Kind);
        Assert.InRange(_said.Count, before, before + 1);
        Pass(300, _ => [Of("web")]);
        Assert.Equal(ChangeKind.Began, _said[^1].Changes.Single().Kind);
        Assert.Null(_said[^1].Changes.Single().QuietUntil);
    }

    [Fact]
    public void One_that_comes_and_goes_silences_no_other()
    {
        Pass(3600, second => second % 150 < 75 ? [Of("web")] : []);
        Pass(300, _ => [Of("other")]);

        Assert.Contains(_said, said => said.Changes.Any(change => change.Finding.Subject == "other"));
    }

    [Fact]
    public void Ever_new_subjects_are_said_together_when_there_are_too_many_messages()
    {
        // As somebody can make them who starts containers with ever new names.
        Pass(3600, second => [Of($"service{second / 60}")]);

        Assert.InRange(_said.Count, 20, WatchOptions.MostMessages);
    }

    [Fact]
    public void What_gets_worse_is_said_again_and_what_gets_better_is_not()
    {
        Pass(100, _ => [Of("web") with { Severity = Severity.Notice }]);
        Pass(100, _ => [Of("web")]);
        Pass(100, _ => [Of("web") with { Severity = Severity.Notice, Text = "other words" }]);

        Assert.Equal([Severity.Notice, Severity.Problem], _said.Select(said => said.Changes.Single().Finding.Severity));
    }

    [Fact]
    public void The_words_are_those_of_the_moment_at_which_it_is_said()
    {
        Pass(100, second => [Of("web") with { Text = second < 20 ? "first" : "then" }]);

        Assert.Equal("then", _said.Single().Changes.Single().Finding.Text);
    }

    [Fact]
    public void A_service_that_is_gone_has_not_become_well()
    {
        Pass(100, _ => [Of("web")]);
        Pass(100, _ => [], services: []);

        Assert.Equal(ChangeKind.Gone, _said[^1].Changes.Single().Kind);
    }

    [Fact]
    public void A_longer_patience_of_its_own_holds()
    {
        Pass(300, _ => [Of("Docker") with { AtLeast = TimeSpan.FromMinutes(1) }]);

        Assert.InRange(_said.Single().Second, 60, 80);
    }

    [Fact]
    public void At_the_end_only_what_has_lasted_is_said()
    {
        Pass(34, second => second < 20 ? [Of("web")] : [Of("web"), Of("young")]);
        Assert.Empty(_said);

        Assert.Equal("web", Assert.Single(_watch.End(TestClock.Noon + TimeSpan.FromSeconds(34))).Finding.Subject);
    }

    [Fact]
    public void Without_a_delay_it_is_said_within_seconds()
    {
        var watch = new FindingWatch(new WatchOptions(TimeSpan.Zero));
        var said = Enumerable.Range(0, 3).Select(second => watch.Look(
            new Findings([Of("web")], new HashSet<string> { "web" }), TestClock.Noon + TimeSpan.FromSeconds(second)).Count);

        Assert.Equal([0, 1, 0], said);
    }

    private static Finding Of(string subject) =>
        new(subject, "no-upstream", Severity.Problem, "no container serves it now", "Start it.") { IsOfService = true };

    private void Pass(int seconds, Func<int, Finding[]> findings, string[]? services = null)
    {
        for (var end = _second + seconds; _second < end; _second++)
        {
            // As often as the daemon looks.
            if (_second % 5 == 0)
            {
                var now = new Findings(findings(_second), new HashSet<string>(services ?? ["web", "other"]));
                var changes = _watch.Look(now, TestClock.Noon + TimeSpan.FromSeconds(_second));
                if (changes.Count > 0)
                {
                    _said.Add((_second, changes));
                }
            }
        }
    }
}
