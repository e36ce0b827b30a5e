using System.Text;
using Dovetail.Processes;

namespace Dovetail.Nodes;

/// <summary>An auth key on its way to the <c>tailscale</c> command: a file that only this user can read, removed after use.</summary>
internal sealed class KeyFile : IDisposable
{
    private KeyFile(string path) => FilePath = path;

    public string FilePath { get; }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory belongs to another user.</exception>
    public static KeyFile Write(string runtimeDirectory, AuthKey key)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var directory = Path.Combine(runtimeDirectory, "keys");
        PrivateDirectory.Ensure(directory);
        var file = new KeyFile(Path.Combine(directory, Path.GetRandomFileName()));
        try
        {
            using var stream = new FileStream(
                file.FilePath, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = owner });
            stream.Write(Encoding.UTF8.GetBytes(key.Value));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Removes what a daemon that was killed in between left.</summary>
    public static void RemoveLeftovers(string runtimeDirectory)
    {
        var directory = Path.Combine(runtimeDirectory, "keys");
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose() => File.Delete(FilePath);
}
