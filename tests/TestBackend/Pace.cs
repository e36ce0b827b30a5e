using System.Diagnostics;

namespace TestBackend;

/// <summary>Holds a transfer to so many bytes a second.</summary>
/// <param name="rate">Bytes per second; 0: as fast as it goes.</param>
internal sealed class Pace(int rate)
{
    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>How much to transfer at once.</summary>
    public int BlockSize { get; } = rate == 0 ? Pattern.BlockSize : Math.Clamp(rate / 10, 1, Pattern.BlockSize);

    /// <summary>Waits until <paramref name="done"/> bytes are not too many.</summary>
    public Task KeepAsync(long done, CancellationToken cancellation)
    {
        var ahead = rate == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)done / rate) - Stopwatch.GetElapsedTime(_started);
        return ahead > TimeSpan.Zero ? Task.Delay(ahead, cancellation) : Task.CompletedTask;
    }
}
