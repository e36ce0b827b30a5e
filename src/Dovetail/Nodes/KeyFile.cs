using System.Text;
using Dovetail.Processes;

namespace Dovetail.Nodes;

/// <summary>An auth key on its way to the <c>tailscale</c> command: a file that only this user can read, removed after use.</summary>
internal sealed class KeyFile : IDisposable
{
    /// <summary>Name of the directory of the key files, in the runtime directory.</summary>
    public const string DirectoryName = "keys";

    private KeyFile(string path) => FilePath = path;

    public string FilePath { get; }

    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory belongs to another user.</exception>
    public static KeyFile Write(string runtimeDirectory, AuthKey key)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var directory = Path.Combine(runtimeDirectory, DirectoryName);
        PrivateDirectory.Ensure(directory);
        var file = new KeyFile(Path.Combine(directory, Path.GetRandomFileName()));
        try
        {
            using var stream = new FileStream(
                file.FilePath, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = owner });
            stream.Write(Encoding.UTF8.GetBytes(key.ForLogin));
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Removes what a daemon that was killed in between left.</summary>
    /// <exception cref="IOException">It cannot be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">It is another user's.</exception>
    public static void RemoveLeftovers(string runtimeDirectory)
    {
        var directory = Path.Combine(runtimeDirectory, DirectoryName);
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    public void Dispose() => File.Delete(FilePath);
}
