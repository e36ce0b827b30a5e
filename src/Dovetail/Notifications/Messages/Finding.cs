using Dovetail.Nodes.Facts;

namespace Dovetail.Notifications.Messages;

/// <summary>Something that a person may have to be told of: a condition of a service's node, or of Dovetail as a whole.</summary>
/// <param name="Subject">What it is about: a service, a container or an entry of the services file that is refused, Docker.</param>
/// <param name="Id">Stable id; with the subject it tells one finding from another.</param>
/// <param name="Text">What is the case, in one line.</param>
/// <param name="Fix">What to do about it, in one line.</param>
internal sealed record Finding(string Subject, string Id, Severity Severity, string Text, string Fix)
{
    /// <summary>Of a service, which may be gone when the finding is; else of a container or of Docker.</summary>
    public bool IsOfService { get; init; }

    /// <summary>Where a browser shows more of it; null: nowhere.</summary>
    public string? Link { get; init; }

    /// <summary>How long it has to last at least, however short the delay is that is configured.</summary>
    public TimeSpan AtLeast { get; init; }
}

/// <summary>What there is at one moment.</summary>
/// <param name="Items">At most one of each subject and id.</param>
/// <param name="Services">All that have a node.</param>
internal sealed record Findings(IReadOnlyList<Finding> Items, IReadOnlySet<string> Services);
