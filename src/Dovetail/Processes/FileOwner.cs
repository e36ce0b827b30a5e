using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>Which user of the machine owns a file.</summary>
internal static partial class FileOwner
{
    // linux/stat.h, linux/fcntl.h.
    private const int CurrentDirectory = -100;
    private const uint UserField = 0x8;
    private const int BufferSize = 256;
    private const int UserOffset = 20;

    /// <summary>The user that this process acts as.</summary>
    public static uint OfThisProcess => EffectiveUser();

    /// <returns>Null: there is no such file, or it cannot be looked at.</returns>
    public static uint? Of(string path)
    {
        var buffer = new byte[BufferSize];
        return StatX(CurrentDirectory, path, 0, UserField, ref buffer[0]) == 0
            ? BinaryPrimitives.ReadUInt32LittleEndian(buffer.AsSpan(UserOffset))
            : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte buffer);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
