using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Dovetail.Common;

/// <summary>
/// What the kernel says of a file, links followed. Two that are equal are of the same file, which nobody has written meanwhile.
/// </summary>
internal sealed partial record FileStatus
{
    // linux/stat.h, linux/fcntl.h.
    private const int CurrentDirectory = -100;
    private const uint BasicFields = 0x7ff;
    private const int BufferSize = 256;
    private const int TypeMask = 0xf000;
    private const int Regular = 0x8000;
    private const int DirectoryType = 0x4000;
    private const int WritableByOthers = 2;

    private FileStatus() { }

    /// <summary>The user that it belongs to.</summary>
    public uint User { get; private init; }

    /// <summary>Type and permissions, as in <c>st_mode</c>.</summary>
    public int Mode { get; private init; }

    public long Size { get; private init; }

    public bool IsFile => (Mode & TypeMask) == Regular;

    public bool IsDirectory => (Mode & TypeMask) == DirectoryType;

    /// <summary>Whether every user of the machine may write it.</summary>
    public bool IsWritableByOthers => (Mode & WritableByOthers) != 0;

    // Time of the last change of the status too: it tells writes that keep the time of the last write, as rsync does.
    private (ulong Inode, ulong Device, long Written, uint WrittenPart, long Changed, uint ChangedPart) Identity { get; init; }

    /// <returns>Null: there is no such file, or it cannot be looked at.</returns>
    public static FileStatus? Of(string path)
    {
        var buffer = new byte[BufferSize];
        return StatX(CurrentDirectory, path, 0, BasicFields, ref buffer[0]) == 0 ? From(buffer) : null;
    }

    private static FileStatus From(ReadOnlySpan<byte> buffer) => new()
    {
        User = BinaryPrimitives.ReadUInt32LittleEndian(buffer[20..]),
        Mode = BinaryPrimitives.ReadUInt16LittleEndian(buffer[28..]),
        Size = BinaryPrimitives.ReadInt64LittleEndian(buffer[40..]),
        Identity = (
            BinaryPrimitives.ReadUInt64LittleEndian(buffer[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(buffer[136..]),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[112..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[120..]),
            BinaryPrimitives.ReadInt64LittleEndian(buffer[96..]),
            BinaryPrimitives.ReadUInt32LittleEndian(buffer[104..])),
    };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte buffer);
}
