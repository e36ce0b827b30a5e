using System.Net;
using System.Threading.Channels;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>A request body that the test says byte by byte; each goes out at once, as a gRPC client does it.</summary>
internal sealed class Turns : HttpContent
{
    private readonly Channel<byte> _bytes = Channel.CreateUnbounded<byte>();

    public void Say(byte value) => _bytes.Writer.TryWrite(value);

    public void End() => _bytes.Writer.Complete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (var value in _bytes.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(new[] { value });
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
