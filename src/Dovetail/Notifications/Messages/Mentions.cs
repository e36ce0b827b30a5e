namespace Dovetail.Notifications.Messages;

/// <summary>
/// How often something was spoken of in the last hour. When that is used up there is silence for an hour, and then a summary once an hour
/// for as long as it goes on.
/// </summary>
internal sealed class Mentions(int most)
{
    // One that has begun and ended no more than this in an hour has settled.
    private const int FewTurns = 2;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Queue<DateTimeOffset> _times = new();

    /// <summary>Null: it may be spoken of.</summary>
    public DateTimeOffset? QuietUntil { get; private set; }

    /// <summary>How often it began and ended in the silence before; 0 when it has been spoken of since.</summary>
    public int Turns { get; private set; }

    public bool IsEmpty => _times.Count == 0 && QuietUntil is null;

    /// <summary>Ends what is past.</summary>
    /// <param name="turns">How often it began and ended in a silence that is over now.</param>
    /// <returns>Whether a silence ended now, in which it went on.</returns>
    public bool Pass(DateTimeOffset now, Func<int> turns)
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
        Turns = turns();
        if (Turns <= FewTurns)
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
        Turns = 0;
        _times.Enqueue(now);
        if (_times.Count >= most)
        {
            QuietUntil = now + Hour;
        }
    }
}
