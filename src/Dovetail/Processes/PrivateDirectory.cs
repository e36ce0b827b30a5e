using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>
/// Directories that no other user of the machine gets into: LocalAPI sockets have mode 0666, and whoever reaches one acts as the node.
/// </summary>
internal static partial class PrivateDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const uint KeepGroup = uint.MaxValue;

    /// <summary>
    /// Makes the directory with those above it, or takes one that is there (a mount, a service manager's) from everybody else: this
    /// process's user owns it, mode 0700.
    /// </summary>
    /// <exception cref="IOException">It cannot be made, or is a link, which might lead anywhere.</exception>
    /// <exception cref="UnauthorizedAccessException">It is another user's, and this process may not take it.</exception>
    public static void Ensure(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        if (new DirectoryInfo(path).LinkTarget is not null)
        {
            throw new IOException($"{path} is a link; remove it");
        }

        if (SetOwner(path, EffectiveUser(), KeepGroup) != 0)
        {
            var reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
            throw new UnauthorizedAccessException($"{path} belongs to another user ({reason}); remove it");
        }

        File.SetUnixFileMode(path, OwnerOnly);
    }

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
