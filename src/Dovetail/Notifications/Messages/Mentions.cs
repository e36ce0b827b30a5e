namespace Dovetail.Notifications.Messages;

/// <summary>
/// How often something was spoken of in the last hour. Who has used that up is silent for an hour, and then is summed up once an hour for as
/// long as it goes on.
/// </summary>
internal sealed class Mentions(int most)
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Queue<DateTimeOffset> _times = new();

    /// <summary>Null: it may be spoken of.</summary>
    public DateTimeOffset? QuietUntil { get; private set; }

    public bool IsEmpty => _times.Count == 0 && QuietUntil is null;

    /// <summary>Ends what is past.</summary>
    /// <param name="goesOn">Whether there were changes in a silence that is over now.</param>
    /// <returns>Whether a silence ended now, in which it went on.</returns>
    public bool Pass(DateTimeOffset now, Func<bool> goesOn)
    {
        while (_times.TryPeek(out var first) && now - first >= Hour)
        {
            _times.Dequeue();
        }

        if (QuietUntil is not { } end || now < end)
        {
            return false;
        }

        QuietUntil = null;
        _times.Clear();
        if (!goesOn())
        {
            return false;
        }

        // The summary is the last word for another hour.
        for (var time = 1; time < most; time++)
        {
            _times.Enqueue(now);
        }

        return true;
    }

    /// <summary>It is spoken of.</summary>
    public void Add(DateTimeOffset now)
    {
        _times.Enqueue(now);
        if (_times.Count >= most)
        {
            QuietUntil = now + Hour;
        }
    }
}
