using Dovetail.Services.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>
/// The use that is made of one service whose containers may be stopped while nobody asks for it. Told by its listener; safe for concurrent
/// use.
/// </summary>
internal interface IServiceUse
{
    /// <summary>
    /// Ends when a stop of its containers that is under way is over; null: none is. Until then no request may go to them.
    /// </summary>
    Task? Closing { get; }

    /// <summary>A request or a raw connection begins: no container is stopped before it ends.</summary>
    void Enter();

    /// <summary>A request or a raw connection ends.</summary>
    void Leave();

    /// <summary>Starts the containers that are asleep. Whoever asks meanwhile gets the same task.</summary>
    /// <returns>Ends with true when they run, with false when one cannot be started; then it is not tried again for a while.</returns>
    Task<bool> WakeAsync();

    /// <summary>Whether containers have been started so shortly ago that requests wait for them.</summary>
    bool IsWaking { get; }

    /// <summary>The listener serves by this from now on.</summary>
    void Served(ServiceSpec service);
}

/// <summary>Knows the use of every service. There is none where no container may be started and stopped.</summary>
internal interface IServiceUses
{
    IServiceUse Of(string service);
}
