using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Dovetail.Testing;

/// <summary>
/// Waits for what another thread, process or machine brings about; a failure says what was waited for and what was seen last.
/// </summary>
/// <remarks>Every wait also ends when the running test is cancelled.</remarks>
public static class Eventually
{
    private static readonly object Met = new();

    /// <summary>45 s: long enough for a slow, busy machine. A passing test never waits for it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>
    /// Asks until <paramref name="probe"/> gives a value that <paramref name="accept"/> takes; a probe that throws has given none.
    /// </summary>
    /// <param name="what">What is waited for, for the failure's message.</param>
    /// <param name="deadline">Default <see cref="Deadline"/>.</param>
    /// <exception cref="TimeoutException">It gave none within the deadline.</exception>
    public static async Task<T> GetAsync<T>(
        Func<CancellationToken, Task<T>> probe, Func<T, bool> accept, string what, TimeSpan? deadline = null)
    {
        var token = TestContext.Current.CancellationToken;
        var limit = deadline ?? Deadline;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            object? seen;
            try
            {
                var value = await probe(token).WaitAsync(limit, token);
                if (accept(value))
                {
                    return value;
                }

                seen = value;
            }
            catch (Exception exception) when (!token.IsCancellationRequested)
            {
                seen = exception;
            }

            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"Waited {limit.TotalSeconds:0} s for: {what}. Seen last: {seen}");
            }

            await PauseAsync(started, token);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, string, Func{object}?, TimeSpan?)"/>
    public static Task TrueAsync(
        Func<bool> condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        Func<object?>? seen = null,
        TimeSpan? deadline = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, seen, deadline);

    /// <summary>Asks until <paramref name="condition"/> is met; a condition that throws is not met.</summary>
    /// <param name="what">What is waited for, for the failure's message; default: the condition as it is written.</param>
    /// <param name="seen">What is the case instead, for the failure's message.</param>
    /// <param name="deadline">Default <see cref="Deadline"/>.</param>
    /// <exception cref="TimeoutException">It was not met within the deadline.</exception>
    public static Task TrueAsync(
        Func<Task<bool>> condition,
        [CallerArgumentExpression(nameof(condition))] string what = "",
        Func<object?>? seen = null,
        TimeSpan? deadline = null) =>
        GetAsync(async _ => await condition() ? Met : seen?.Invoke() ?? "not so", answer => answer == Met, what, deadline);

    /// <summary>Looks again and again for a while, for what must not happen.</summary>
    /// <param name="what">What has to stay so, for the failure's message.</param>
    /// <exception cref="InvalidOperationException">The condition was not met at some time.</exception>
    public static async Task StaysAsync(Func<bool> condition, string what, TimeSpan during)
    {
        var token = TestContext.Current.CancellationToken;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < during; await PauseAsync(started, token))
        {
            if (!condition())
            {
                throw new InvalidOperationException($"Not so after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s: {what}.");
            }
        }
    }

    // 10 ms at first; a long wait looks every 100 ms, for a probe may well start a process.
    private static Task PauseAsync(long started, CancellationToken token) =>
        Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(Stopwatch.GetElapsedTime(started).TotalMilliseconds / 10, 10, 100)), token);
}
