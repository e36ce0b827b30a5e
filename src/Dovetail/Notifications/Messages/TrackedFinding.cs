using Dovetail.Nodes.Facts;

namespace Dovetail.Notifications.Messages;

/// <summary>What is remembered of one finding: how long it has lasted, and what has been said of it.</summary>
/// <param name="delay">How long it has to last before it is worth saying, and how long it has to be gone before its end is.</param>
internal sealed class TrackedFinding(Finding finding, DateTimeOffset now, TimeSpan delay)
{
    private DateTimeOffset _changedAt = now;
    private DateTimeOffset _seenAt = now;
    private TimeSpan _lasted;
    private Severity? _said;

    /// <summary>As it was when it was last seen.</summary>
    public Finding Latest { get; private set; } = finding;

    /// <summary>When it began.</summary>
    public DateTimeOffset Since { get; private set; } = now;

    public bool IsPresent { get; private set; } = true;

    /// <summary>How often it has begun or ended since something was said of it.</summary>
    public int Turns { get; private set; }

    /// <summary>Whether somebody has been told that it is the case.</summary>
    public bool IsSaid => _said is not null;

    /// <summary>It is the case now.</summary>
    public void See(Finding latest, DateTimeOffset at)
    {
        if (IsPresent)
        {
            // One that comes and goes counts by the time that it was there, all together.
            _lasted += at - _seenAt;
        }
        else
        {
            Turn(true, at);
        }

        (Latest, _seenAt) = (latest, at);
    }

    /// <summary>It is not the case now.</summary>
    public void Miss(DateTimeOffset at)
    {
        if (IsPresent)
        {
            Turn(false, at);
        }
    }

    /// <summary>Whether it came and went without a word about it, so long ago that it need not be remembered.</summary>
    public bool IsForgotten(DateTimeOffset at) => !IsPresent && !IsSaid && at - _changedAt >= delay;

    /// <summary>Whether there is something to say: that it began, that it is worse than was said, or that it is over.</summary>
    public bool IsDue(DateTimeOffset at) => IsPresent
        ? _said is { } said ? Latest.Severity > said : _lasted >= Patience
        : IsSaid && at - _changedAt >= delay;

    /// <summary>What <see cref="IsDue"/> meant has been said.</summary>
    public void Said() => (_said, Turns) = (IsPresent ? Latest.Severity : null, 0);

    /// <summary>It is to be said again how it stands, although that is what was said last.</summary>
    public void SayAgain() => _said = IsPresent ? null : _said;

    private TimeSpan Patience => delay > Latest.AtLeast ? delay : Latest.AtLeast;

    private void Turn(bool present, DateTimeOffset at) => (IsPresent, _changedAt, Turns) = (present, at, Turns + 1);
}
