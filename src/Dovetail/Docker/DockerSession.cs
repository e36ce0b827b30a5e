using Docker.DotNet.Models;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>One connection to the Engine, from its version to the end of its events.</summary>
/// <param name="publish">Takes each snapshot, in order; called under a lock.</param>
internal sealed class DockerSession(
    DockerClient client,
    ContainerLister lister,
    DockerReport report,
    DockerWatcherOptions options,
    TimeProvider time,
    Action<ContainerSnapshot> publish)
{
    private readonly long _start = time.GetTimestamp();
    private readonly Changes _changes = new(options.QuietPeriod, options.MaxQuietWait, time);

    // One per session: between two sessions events are missed.
    private readonly StoppingContainers _stopping = new(time, publish);

    public bool HasListed { get; private set; }

    /// <summary>How long the session has been of use.</summary>
    public TimeSpan Age => HasListed ? time.GetElapsedTime(_start) : TimeSpan.Zero;

    /// <summary>Makes for a listing without an event.</summary>
    public void ListAgain() => _changes.Report();

    /// <summary>Lists and publishes the containers after each change. Ends only with an exception.</summary>
    /// <exception cref="DockerException">The Engine went away, ended the events, or did not answer as it should.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // 1. Another Engine, or another version of it, may have come back.
        var version = await client.GetVersionAsync(cancellationToken);

        // 2. Subscribe before the first listing, so that nothing falls between the two.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = new EventSubscription(client, options, time, Heard, _changes);
        var reading = events.RunAsync(version.Clock, stop.Token);
        try
        {
            await events.FirstTryAsync(cancellationToken);
            while (true)
            {
                // 3. What happens from here on makes for another listing.
                _changes.Forget();
                var begun = time.GetTimestamp();
                var listing = await lister.ListAsync(cancellationToken);
                HasListed = true;
                report.Listed(version, listing, events.Problem);
                _stopping.Listed(listing.Snapshot, begun);

                // 4. Wait for an event or the resync, then for the burst to end.
                await _changes.WaitAsync(UntilResync(listing.IsSettling), cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await reading;
        }
    }

    private void Heard(Message message)
    {
        report.Heard(message);
        _stopping.Heard(message);
    }

    private TimeSpan UntilResync(bool isSettling)
    {
        var interval = isSettling && options.SettlingInterval < options.ResyncInterval ? options.SettlingInterval : options.ResyncInterval;
        return _stopping.NextExpiry is { } expiry && expiry < interval
            ? TimeSpan.FromTicks(Math.Max(expiry.Ticks, TimeSpan.TicksPerMillisecond))
            : interval;
    }
}
