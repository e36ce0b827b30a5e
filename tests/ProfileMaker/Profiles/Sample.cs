namespace ProfileMaker.Profiles;

/// <summary>A histogram's slots: some of the events that a counter counted, each as likely to be there as any other.</summary>
/// <param name="Slots">As many as the runtime keeps; those without an event are <see cref="UnknownHandle.Empty"/>.</param>
/// <param name="Events">How many were counted.</param>
internal sealed record Sample(IReadOnlyList<IProfileValue> Slots, long Events)
{
    private List<IProfileValue> Taken => [.. Slots.Where(slot => slot is not UnknownHandle { IsEmpty: true })];

    /// <summary>Joins two of the same probe into one of the first one's size.</summary>
    public static IReadOnlyList<IProfileValue> Merge(Sample first, Sample second)
    {
        if (first.Events == 0 || second.Events == 0)
        {
            return first.Events == 0 ? second.Slots : first.Slots;
        }

        var size = first.Slots.Count;
        var (taken, otherTaken) = (first.Taken, second.Taken);
        if (taken.Count + otherTaken.Count <= size)
        {
            return [.. Filled([.. taken, .. otherTaken], size)];
        }

        // Each gets the share of the slots that it has of the events, and at least one.
        var share = (int)Math.Round((double)size * first.Events / (first.Events + second.Events));
        share = Math.Clamp(share, 1, Math.Max(1, size - 1));
        return [.. Repeated(taken, share), .. Repeated(otherTaken, size - share)];
    }

    private static IEnumerable<IProfileValue> Filled(List<IProfileValue> taken, int size) =>
        taken.Concat(Enumerable.Repeat(UnknownHandle.Empty, size - taken.Count));

    private static IEnumerable<IProfileValue> Repeated(List<IProfileValue> taken, int size) =>
        Enumerable.Range(0, size).Select(slot => taken.Count == 0 ? UnknownHandle.Empty : taken[slot % taken.Count]);
}
