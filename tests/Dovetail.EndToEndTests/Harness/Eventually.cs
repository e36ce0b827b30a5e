using System.Diagnostics;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>Waits for a condition with a deadline; the failure says what was waited for and what was seen last.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Long enough for a slow, busy machine; a passing test never waits for it.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(45);

    /// <summary>Asks again and again until <paramref name="probe"/> gives a value that <paramref name="accept"/> takes.</summary>
    /// <exception cref="TimeoutException">It gave none within the deadline (default 45 s).</exception>
    public static async Task<T> GetAsync<T>(
        string what, Func<CancellationToken, Task<T>> probe, Func<T, bool> accept, TimeSpan? deadline = null, CancellationToken cancellation = default)
    {
        var started = Stopwatch.GetTimestamp();
        var limit = deadline ?? Deadline;
        while (true)
        {
            object? seen;
            try
            {
                var value = await probe(cancellation).WaitAsync(limit, cancellation);
                if (accept(value))
                {
                    return value;
                }

                seen = value;
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                seen = exception;
            }

            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"Waited {limit.TotalSeconds:0} s for: {what}. Seen last: {seen}");
            }

            await Task.Delay(Pause, cancellation);
        }
    }

    /// <summary>Looks again and again for a while, for what must not happen.</summary>
    /// <exception cref="InvalidOperationException">The condition was not met at some time.</exception>
    public static async Task StaysAsync(string what, Func<bool> condition, TimeSpan during, CancellationToken cancellation)
    {
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < during; await Task.Delay(Pause, cancellation))
        {
            if (!condition())
            {
                throw new InvalidOperationException($"Not so after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s: {what}.");
            }
        }
    }

    /// <inheritdoc cref="GetAsync"/>
    public static Task TrueAsync(string what, Func<bool> condition, TimeSpan? deadline = null, CancellationToken cancellation = default) =>
        GetAsync(what, _ => Task.FromResult(condition()), met => met, deadline, cancellation);
}
