using Docker.DotNet.Models;

namespace Dovetail.Docker;

/// <summary>
/// The events of one <see cref="DockerSession"/>. An Engine that refuses them, or is slow to take the subscription, is asked again; the
/// containers are listed meanwhile all the same.
/// </summary>
/// <param name="heard">Takes each event that matters, in order.</param>
/// <param name="changes">Told of each such event, and of a subscription that comes late; ended when the events end.</param>
internal sealed class EventSubscription(
    DockerClient client, DockerWatcherOptions options, TimeProvider time, Action<Message> heard, Changes changes)
{
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _problem = $"The Docker Engine at {client.Endpoint} has not opened its event stream yet. "
        + "Check that it is healthy, and that a proxy in front of it does not hold back an answer that has no end.";

    /// <summary>Why there are no events, with what to do about it; null while there are.</summary>
    public string? Problem => _problem;

    /// <summary>Subscribes and reads until cancelled. Never throws: what ends the events ends the wait for changes.</summary>
    /// <param name="since">By the Engine's clock: where the first subscription begins.</param>
    public async Task RunAsync(DateTimeOffset? since, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (await TryOpenAsync(since, cancellationToken) is { } events)
                {
                    await using (events)
                    {
                        await ReadAsync(events, cancellationToken);
                    }

                    throw new DockerException("Docker ended the event stream.");
                }

                await Task.Delay(options.EventsRetryInterval, time, cancellationToken);
                since = null;
            }
        }
        catch (Exception exception)
        {
            changes.End(exception);
        }
        finally
        {
            _tried.TrySetResult();
        }
    }

    /// <summary>Waits until the subscription stands, or was refused, or takes longer than it should.</summary>
    public async Task FirstTryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _tried.Task.WaitAsync(options.EventsPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The listing need not wait for it; another one follows when the subscription stands.
        }
    }

    private async Task<DockerEventStream?> TryOpenAsync(DateTimeOffset? since, CancellationToken cancellationToken)
    {
        DockerEventStream? events = null;
        try
        {
            events = await client.OpenEventsAsync(since, cancellationToken);
            _problem = null;
        }
        catch (DockerException exception)
        {
            // An Engine that is away fails the listing too, which ends the session.
            _problem = $"There are no events from Docker: {exception.Message}";
        }

        // What happened before the subscription is in the listing that follows; the first one has not begun yet.
        changes.Report();
        _tried.TrySetResult();
        return events;
    }

    private async Task ReadAsync(DockerEventStream events, CancellationToken cancellationToken)
    {
        await foreach (var message in events.ReadAsync(cancellationToken))
        {
            if (EventChoice.Matters(message))
            {
                heard(message);
                changes.Report();
            }
        }
    }
}
