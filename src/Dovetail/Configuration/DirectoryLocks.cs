namespace Dovetail.Configuration;

/// <summary>
/// The locks on the daemon's two directories. Who replaces a container may start the new one before the old one has ended: the new one
/// waits, for an exit would only make Docker wait ever longer before the next try.
/// </summary>
internal sealed class DirectoryLocks(DirectoryLock state, DirectoryLock runtime) : IDisposable
{
    // Longer than Docker gives the old container to stop, whatever its stop_grace_period is set to in earnest.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <param name="say">Is given a line for a person when there is something to wait for.</param>
    /// <returns>The locks, or null and the reason.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public static async Task<(DirectoryLocks? Locks, string? Refusal)> TakeAsync(
        string stateDirectory, string runtimeDirectory, TimeProvider time, Func<string, Task> say, CancellationToken cancellationToken)
    {
        var deadline = time.GetUtcNow() + LongestWait;
        var (state, refusal) = await TakeAsync(Settings.StateDirectory, stateDirectory);
        if (state is null)
        {
            return (null, refusal);
        }

        (var runtime, refusal) = await TakeAsync(Settings.RuntimeDirectory, runtimeDirectory);
        if (runtime is null)
        {
            state.Dispose();
            return (null, refusal);
        }

        return (new DirectoryLocks(state, runtime), null);

        async Task<(DirectoryLock? Lock, string? Refusal)> TakeAsync(Setting setting, string directory)
        {
            var inUse = $"{setting.Variable}={directory}: another Dovetail uses it";
            try
            {
                var taken = await DirectoryLock.TakeAsync(
                    directory,
                    deadline,
                    time,
                    () => say($"{inUse}; waiting up to {LongestWait.TotalSeconds:0} s for that one to end"),
                    cancellationToken);
                return (taken, taken is null ? $"{inUse}; stop that one, or give this one a directory of its own" : null);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                return (null, AccessAdvice.Of(setting, directory, DirectoryLock.FileName, failed));
            }
        }
    }

    public void Dispose()
    {
        runtime.Dispose();
        state.Dispose();
    }
}
