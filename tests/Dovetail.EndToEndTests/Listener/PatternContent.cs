using System.Net;
using TestBackend;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A request body of the pattern.</summary>
/// <param name="size">In bytes.</param>
/// <param name="rate">Bytes per second; 0: as fast as it goes.</param>
/// <param name="hasLength">Whether the client says beforehand how long it is.</param>
/// <param name="half">Waited for when half of it is sent.</param>
internal sealed class PatternContent(long size, int rate = 0, bool hasLength = true, Func<Task>? half = null) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var pace = new Pace(rate);
        for (long sent = 0; sent < size;)
        {
            await pace.KeepAsync(sent, cancellationToken);
            var most = sent < size / 2 ? size / 2 : size;
            var block = Pattern.At(sent, (int)Math.Min(most - sent, pace.BlockSize));
            await stream.WriteAsync(block, cancellationToken);
            sent += block.Length;
            if (half is not null && sent == size / 2)
            {
                await stream.FlushAsync(cancellationToken);
                await half();
            }
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = size;
        return hasLength;
    }
}
