namespace FakeTailscale.Daemon;

/// <summary>Tailscale's backoff: n² × 10 ms, half to one and a half of it at random, bounded.</summary>
internal sealed class Backoff(TimeSpan longest, Random random)
{
    private int _failures;

    public void Reset() => _failures = 0;

    public Task WaitAsync(CancellationToken cancellation)
    {
        _failures++;
        double milliseconds = Math.Min(_failures * _failures * 10.0, longest.TotalMilliseconds);
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds * (0.5 + random.NextDouble())), cancellation);
    }
}
