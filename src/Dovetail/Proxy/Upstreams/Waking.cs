namespace Dovetail.Proxy.Upstreams;

/// <summary>How long a request waits for containers that are asleep.</summary>
/// <param name="Limit">For one that waits; after that it fails.</param>
/// <param name="Patience">After so long it is told to come again; null: it waits to the end.</param>
internal readonly record struct WakeTerms(TimeSpan Limit, TimeSpan? Patience = null);

/// <summary>Whether a service's containers are asleep, or about to be, or have just been started: at one look for an upstream.</summary>
/// <param name="IsUnderWay">One of these is so.</param>
/// <param name="IsClosed">They are being stopped: none of them may be chosen.</param>
/// <param name="HasFailed">They cannot be started.</param>
/// <param name="Changed">Ends when this changes; null: when the upstreams do.</param>
internal readonly record struct Waking(bool IsUnderWay, bool IsClosed = false, bool HasFailed = false, Task? Changed = null)
{
    /// <summary>Looks, and starts what is asleep.</summary>
    public static Waking Look(UpstreamGroup group)
    {
        if (group.Use is not { } use)
        {
            return default;
        }

        if (use.Closing is { } closing)
        {
            return new Waking(true, IsClosed: true, Changed: closing);
        }

        if (!group.HasSleeping)
        {
            return new Waking(use.IsWaking);
        }

        var woken = use.WakeAsync();
        return woken.IsCompletedSuccessfully
            ? new Waking(true, HasFailed: !woken.Result && group.IsEmpty)
            : new Waking(true, Changed: woken);
    }
}

/// <summary>Counts a request in until it is disposed.</summary>
internal readonly struct Use : IDisposable
{
    private readonly IServiceUse? _use;

    public Use(IServiceUse? use)
    {
        _use = use;
        use?.Enter();
    }

    public void Dispose() => _use?.Leave();
}
