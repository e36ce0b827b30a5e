using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>What newly made files and sockets are kept from allowing.</summary>
internal static partial class FileCreationMask
{
    private const int GroupAndOthers = 0b111_111;

    /// <summary>Makes every file and socket of this process, and of its children unless they say otherwise, this user's alone.</summary>
    public static void OwnerOnly() => _ = SetMask(GroupAndOthers);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial int SetMask(int mask);
}
