namespace Dovetail.Configuration;

/// <summary>
/// Keeps a second daemon off a directory. tailscaled does not lock its state: two on one would both run as the same node
/// and push each other off the control server (recorded with 1.96.5).
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    /// <summary>Name of the locked file in the directory.</summary>
    public const string FileName = ".dovetail.lock";

    // EWOULDBLOCK of flock(2): the only failure that means "another holds it".
    private const int IsHeld = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <returns>Null when another daemon holds the lock. The kernel releases it when its holder ends, however that happens.</returns>
    /// <exception cref="IOException">The lock file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory or the lock file in it is another user's.</exception>
    public static DirectoryLock? TryTake(string directory)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            return new DirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException held) when (held.HResult == IsHeld)
        {
            return null;
        }
    }

    /// <summary>Takes the lock as soon as it is free.</summary>
    /// <param name="deadline">When to give up.</param>
    /// <param name="waits">Called once if another daemon holds the lock.</param>
    /// <inheritdoc cref="TryTake" path="/returns|/exception"/>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<DirectoryLock?> TakeAsync(
        string directory, DateTimeOffset deadline, TimeProvider time, Func<Task> waits, CancellationToken cancellationToken)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            if (TryTake(directory) is { } taken)
            {
                return taken;
            }

            if (isFirst)
            {
                await waits();
            }

            if (time.GetUtcNow() >= deadline)
            {
                return null;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    public void Dispose() => _file.Dispose();
}
