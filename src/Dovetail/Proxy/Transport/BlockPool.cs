using System.Buffers;

namespace Dovetail.Proxy.Transport;

/// <summary>
/// Memory for the pipes inside Kestrel, in blocks of 16 KB: as much as a frame of HTTP/2 or a record of TLS carries. Kestrel's own has blocks
/// of 4 KB. What is given back is kept by the runtime's pool, which lets go of it in time.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    private const int BlockSize = 16 * 1024;

    private BlockPool()
    {
    }

    public static BlockPool Instance { get; } = new();

    public override int MaxBufferSize => Array.MaxLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(Math.Max(minBufferSize, BlockSize));

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Block(int size) : IMemoryOwner<byte>
    {
        private byte[]? _bytes = ArrayPool<byte>.Shared.Rent(size);

        public Memory<byte> Memory => _bytes ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
    }
}
