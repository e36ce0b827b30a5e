using System.Threading.Channels;
using Dovetail.Common;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;

namespace Dovetail.Notifications;

/// <summary>How a receiver has fared. Also an entry of the status document.</summary>
/// <param name="Receiver">As it may be shown: kind, scheme and host. The rest of its URL is a secret.</param>
/// <param name="Sent">Messages that it took.</param>
/// <param name="Failed">Messages that it did not get.</param>
/// <param name="Error">Why the last try failed; null: it did not.</param>
internal sealed record ReceiverReport(string Receiver, long Sent, long Failed, string? Error);

/// <summary>
/// The messages to one receiver, in order: each is tried until it is taken, refused, or too old. No other receiver waits for it.
/// </summary>
internal sealed partial class Outbox : IAsyncDisposable
{
    // While a receiver is away; then the oldest are lost.
    private const int Capacity = 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    // A receiver that asks for more is asked again after this.
    private static readonly TimeSpan LongestAsked = TimeSpan.FromHours(1);

    // After that it is no news.
    private static readonly TimeSpan Oldest = TimeSpan.FromHours(6);

    private readonly ReceiverClient _client;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly Channel<Message> _queue;
    private readonly CancellationTokenSource _hurry = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly Lock _lock = new();
    private readonly Task _run;
    private bool _isUnderWay;
    private volatile ReceiverReport _report;

    /// <param name="client">Not owned.</param>
    /// <param name="random">For the jitter of the waits.</param>
    public Outbox(Receiver receiver, ReceiverClient client, TimeProvider time, Random random, ILogger logger)
    {
        Receiver = receiver;
        (_client, _time, _random, _logger) = (client, time, random, logger);
        _report = new ReceiverReport(receiver.Title, 0, 0, null);
        _queue = Channel.CreateBounded<Message>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Count(0, 1, _report.Error));
        _run = Task.Run(RunAsync);
    }

    public Receiver Receiver { get; }

    public ReceiverReport Report => _report;

    /// <summary>Takes a message. Never waits.</summary>
    public void Post(Message message) => _queue.Writer.TryWrite(message);

    /// <summary>Tries what is left once, and ends.</summary>
    /// <param name="atMost">When it is left undone.</param>
    public async Task FlushAsync(TimeSpan atMost)
    {
        _queue.Writer.TryComplete();
        _abort.CancelAfter(atMost);
        await _hurry.CancelAsync();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var left = _isUnderWay ? 1 : 0;
        while (_queue.Reader.TryRead(out _))
        {
            left++;
        }

        if (left > 0)
        {
            _isUnderWay = false;
            Count(0, left, _report.Error);
            Log.LeftUndone(_logger, Receiver, left);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await FlushAsync(TimeSpan.Zero);
        _hurry.Dispose();
        _abort.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var message in _queue.Reader.ReadAllAsync(_abort.Token))
        {
            try
            {
                _isUnderWay = true;
                await DeliverAsync(message);
                _isUnderWay = false;
            }
            catch (Exception bug) when (!_abort.IsCancellationRequested)
            {
                _isUnderWay = false;
                Log.Broken(_logger, bug, Receiver);
                Count(0, 1, "a bug in Dovetail");
            }
        }
    }

    private async Task DeliverAsync(Message message)
    {
        for (var failures = 1; ; failures++)
        {
            var isLast = _hurry.IsCancellationRequested || _time.GetUtcNow() - message.At > Oldest;
            var delivery = await _client.SendAsync(Receiver, message, _abort.Token);
            if (delivery.Outcome == DeliveryOutcome.Sent)
            {
                if (_report.Error is not null)
                {
                    Log.Mended(_logger, Receiver);
                }

                Count(1, 0, null);
                return;
            }

            if (delivery.Outcome == DeliveryOutcome.Refused || isLast)
            {
                Log.Lost(_logger, Receiver, delivery.Text);
                Count(0, 1, delivery.Text);
                return;
            }

            if (_report.Error is null)
            {
                Log.Waiting(_logger, Receiver, delivery.Text);
            }

            Count(0, 0, delivery.Text);
            await Task.Delay(WaitAfter(failures, delivery), _time, _hurry.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private TimeSpan WaitAfter(int failures, Delivery delivery)
    {
        var own = Backoff.Wait(failures, FirstWait, LongestWait, _random.NextDouble());
        var asked = delivery.RetryAfter is { } wait && wait < LongestAsked ? wait : delivery.RetryAfter is null ? own : LongestAsked;
        return asked > own ? asked : own;
    }

    // The writer counts too, when it pushes a message out.
    private void Count(int sent, int failed, string? error)
    {
        lock (_lock)
        {
            _report = _report with { Sent = _report.Sent + sent, Failed = _report.Failed + failed, Error = error };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5207, LogLevel.Warning,
            "Notifications that {Receiver} has not taken are lost, as Dovetail stops or its URL has changed: {Count}")]
        public static partial void LeftUndone(ILogger logger, Receiver receiver, int count);

        [LoggerMessage(5202, LogLevel.Warning, "Notifications wait for {Receiver}: {Reason}; Dovetail keeps trying")]
        public static partial void Waiting(ILogger logger, Receiver receiver, string reason);

        [LoggerMessage(5203, LogLevel.Warning, "A notification could not be sent to {Receiver}: {Reason}")]
        public static partial void Lost(ILogger logger, Receiver receiver, string reason);

        [LoggerMessage(5204, LogLevel.Information, "{Receiver} takes notifications again")]
        public static partial void Mended(ILogger logger, Receiver receiver);

        [LoggerMessage(5205, LogLevel.Error, "{Receiver}: this is a bug in Dovetail; a notification is lost")]
        public static partial void Broken(ILogger logger, Exception bug, Receiver receiver);
    }
}
