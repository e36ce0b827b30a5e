namespace TestBackend;

/// <summary>
/// Bytes that both ends of a way know: the byte at each position of an endless stream. It repeats after a prime number of bytes, so that
/// no block of a buffer's size that is lost, doubled or out of order looks right.
/// </summary>
internal static class Pattern
{
    /// <summary>The most that <see cref="At"/> gives at once, in bytes.</summary>
    public const int BlockSize = 64 * 1024;

    private const int Period = 1_048_573;

    private static readonly byte[] Bytes = Create();

    /// <param name="count">At most <see cref="BlockSize"/>.</param>
    public static ReadOnlyMemory<byte> At(long position, int count) => Bytes.AsMemory((int)(position % Period), count);

    /// <summary>Whether <paramref name="bytes"/> are those that belong at <paramref name="position"/>.</summary>
    public static bool IsAt(long position, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = Math.Min(bytes.Length, BlockSize);
            if (!At(position, count).Span.SequenceEqual(bytes[..count]))
            {
                return false;
            }

            position += count;
            bytes = bytes[count..];
        }

        return true;
    }

    private static byte[] Create()
    {
        var bytes = new byte[Period + BlockSize];
        new Random(1).NextBytes(bytes.AsSpan(0, Period));
        bytes.AsSpan(0, BlockSize).CopyTo(bytes.AsSpan(Period));
        return bytes;
    }
}
