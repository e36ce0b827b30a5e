using System.Collections.Immutable;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;

namespace Dovetail.Notifications;

/// <summary>An outbox for each receiver that is configured now.</summary>
internal sealed partial class Outboxes(ReceiverSource source, TimeProvider time, Random random, ILogger<Outboxes> logger) : IAsyncDisposable
{
    private readonly ReceiverClient _client = new(time);
    private readonly Lock _lock = new();
    private ImmutableArray<Outbox> _all = [];
    private string? _problem;

    /// <summary>How the receivers have fared.</summary>
    public IReadOnlyList<ReceiverReport> Report() => [.. Current().Select(static outbox => outbox.Report)];

    /// <summary>Takes a message for every receiver. Never waits.</summary>
    public void Post(Message message)
    {
        foreach (var outbox in Current())
        {
            outbox.Post(message);
        }
    }

    /// <summary>Tries once whether the receivers take a message.</summary>
    /// <returns>How each answered; or why there are none.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<(IReadOnlyList<(Receiver Receiver, Delivery Delivery)> Answers, string? Problem)> TryAsync(
        Message message, CancellationToken cancellationToken)
    {
        var (receivers, problem) = source.Read();
        var answers = await Task.WhenAll(receivers.Select(async receiver =>
            (receiver, await _client.SendAsync(receiver, message, cancellationToken))));
        return (answers, problem);
    }

    /// <summary>Tries what is left once, and ends.</summary>
    /// <param name="atMost">When it is left undone.</param>
    public Task FlushAsync(TimeSpan atMost) => Task.WhenAll(_all.Select(outbox => outbox.FlushAsync(atMost)));

    public async ValueTask DisposeAsync()
    {
        foreach (var outbox in _all)
        {
            await outbox.DisposeAsync();
        }

        _client.Dispose();
    }

    // A list that cannot be read changes nothing: while a secret is being replaced there may be none.
    private ImmutableArray<Outbox> Current()
    {
        lock (_lock)
        {
            var (receivers, problem) = source.Read();
            if (problem != _problem)
            {
                _problem = problem;
                if (problem is not null)
                {
                    Log.Unreadable(logger, problem);
                }
            }

            if (problem is null && !IsKnown(receivers))
            {
                var before = _all;
                _all =
                [
                    .. receivers.Select(receiver => before.FirstOrDefault(known => known.Receiver.IsSame(receiver))
                        ?? new Outbox(receiver, _client, time, random, logger)),
                ];
                foreach (var gone in before.Except(_all))
                {
                    _ = gone.DisposeAsync().AsTask();
                }
            }

            return _all;
        }
    }

    private bool IsKnown(IReadOnlyList<Receiver> receivers) =>
        receivers.Count == _all.Length && receivers.Zip(_all).All(static pair => pair.First.IsSame(pair.Second.Receiver));

    private static partial class Log
    {
        [LoggerMessage(5206, LogLevel.Warning, "DOVETAIL_NOTIFY_FILE {Problem}; notifications go where they went before")]
        public static partial void Unreadable(ILogger logger, string problem);
    }
}
