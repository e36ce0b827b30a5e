namespace Dovetail.Notifications.Messages;

/// <summary>How patient the watch is.</summary>
/// <param name="Delay">How long something has to last, or to be over, before it is said.</param>
internal sealed record WatchOptions(TimeSpan Delay)
{
    private static readonly TimeSpan MostQuiet = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastQuiet = TimeSpan.FromSeconds(1);

    /// <summary>How often something may be spoken of in an hour.</summary>
    public const int MostOfSubject = 6;

    /// <summary>How many messages there may be in an hour; what comes after that waits, and is said together.</summary>
    public const int MostMessages = 30;

    /// <summary>For so long nothing more has to have come before what there is to say is said: a fault of many is one message.</summary>
    public TimeSpan Quiet => TimeSpan.FromTicks(Math.Clamp(Delay.Ticks / 3, LeastQuiet.Ticks, MostQuiet.Ticks));

    /// <summary>The longest that one waits for others.</summary>
    public TimeSpan MostWait => Quiet * 6;

    /// <summary>How often to look.</summary>
    public TimeSpan Interval => Quiet / 2;
}

/// <summary>
/// Decides what is said, and when, from what there is at each look. For one thread at a time.
/// </summary>
internal sealed class FindingWatch(WatchOptions options)
{
    private readonly Dictionary<(string Subject, string Id), TrackedFinding> _known = [];
    private readonly Dictionary<string, Mentions> _subjects = new(StringComparer.Ordinal);
    private readonly Queue<DateTimeOffset> _messages = new();
    private IReadOnlySet<string> _services = new HashSet<string>(StringComparer.Ordinal);
    private (DateTimeOffset First, DateTimeOffset Last, int Count)? _gathering;

    /// <returns>What is to be said now, in one message; as a rule nothing.</returns>
    public IReadOnlyList<Change> Look(Findings findings, DateTimeOffset now)
    {
        Note(findings, now);
        var due = Due(now);
        if (due.Count == 0)
        {
            _gathering = null;
            return [];
        }

        var (first, last, count) = _gathering ?? (now, now, due.Count);
        last = due.Count > count ? now : last;
        _gathering = (first, last, due.Count);
        return now - last < options.Quiet && now - first < options.MostWait ? [] : Say(due, now);
    }

    /// <summary>Says what would have been said soon. Nothing is looked at any more: everything is being stopped.</summary>
    public IReadOnlyList<Change> End(DateTimeOffset now) => Say(Due(now), now);

    private void Note(Findings findings, DateTimeOffset now)
    {
        _services = findings.Services;
        var seen = new HashSet<(string, string)>();
        foreach (var finding in findings.Items)
        {
            var key = (finding.Subject, finding.Id);
            seen.Add(key);
            if (_known.TryGetValue(key, out var known))
            {
                known.See(finding, now);
            }
            else
            {
                _known.Add(key, new TrackedFinding(finding, now, options.Delay));
            }
        }

        foreach (var (key, known) in _known)
        {
            if (!seen.Contains(key))
            {
                known.Miss(now);
            }

            // In a silence it is counted how often it comes and goes.
            if (known.IsForgotten(now) && !IsQuiet(key.Subject))
            {
                _known.Remove(key);
            }
        }
    }

    private List<TrackedFinding> Due(DateTimeOffset now)
    {
        foreach (var (subject, mentions) in _subjects)
        {
            if (mentions.Pass(now, () => Of(subject).Select(static known => known.Turns).DefaultIfEmpty().Max()))
            {
                foreach (var known in Of(subject).Where(static known => known.Turns > 0))
                {
                    known.SayAgain();
                }
            }

            if (mentions.IsEmpty)
            {
                _subjects.Remove(subject);
            }
        }

        while (_messages.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromHours(1))
        {
            _messages.Dequeue();
        }

        return _messages.Count >= WatchOptions.MostMessages ? []
            : [.. _known.Values.Where(known => known.IsDue(now) && !IsQuiet(known.Latest.Subject))];
    }

    private List<Change> Say(List<TrackedFinding> due, DateTimeOffset now)
    {
        _gathering = null;
        if (due.Count == 0)
        {
            return [];
        }

        _messages.Enqueue(now);
        List<int> turns = [.. due.Select(known => Math.Max(known.Turns, _subjects.GetValueOrDefault(known.Latest.Subject)?.Turns ?? 0))];
        foreach (var subject in due.Select(static known => known.Latest.Subject).Distinct(StringComparer.Ordinal))
        {
            if (!_subjects.TryGetValue(subject, out var mentions))
            {
                _subjects.Add(subject, mentions = new Mentions(WatchOptions.MostOfSubject));
            }

            mentions.Add(now);
        }

        List<Change> changes =
        [
            .. due.Select((known, place) => new Change(
                KindOf(known), known.Latest, known.Since, turns[place], _subjects[known.Latest.Subject].QuietUntil)),
        ];
        foreach (var known in due)
        {
            known.Said();
            if (!known.IsPresent)
            {
                _known.Remove((known.Latest.Subject, known.Latest.Id));
            }
        }

        return changes;
    }

    private bool IsQuiet(string subject) => _subjects.GetValueOrDefault(subject)?.QuietUntil is not null;

    private ChangeKind KindOf(TrackedFinding known) => known.IsPresent ? ChangeKind.Began
        : known.Latest.IsOfService && !_services.Contains(known.Latest.Subject) ? ChangeKind.Gone
        : ChangeKind.Over;

    private IEnumerable<TrackedFinding> Of(string subject) => _known.Values.Where(known => known.Latest.Subject == subject);
}
