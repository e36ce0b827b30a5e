namespace Dovetail.Configuration;

/// <summary>
/// Keeps a second daemon off a directory. tailscaled does not lock its state: two on one would both run as the same node
/// and push each other off the control server (recorded with 1.96.5).
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <returns>Null when another daemon holds the lock. The kernel releases it when its holder ends, however that happens.</returns>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be written.</exception>
    public static DirectoryLock? TryTake(string directory)
    {
        try
        {
            var path = Path.Combine(directory, ".dovetail.lock");
            return new DirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
