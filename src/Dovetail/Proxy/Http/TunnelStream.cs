using Dovetail.Common;

namespace Dovetail.Proxy.Http;

/// <summary>The client's side of a tunnel. Neither stream is owned.</summary>
/// <param name="ended">Called once, when the client has said that it sends no more.</param>
internal sealed class TunnelStream(Stream input, Stream output, Func<Task> ended) : AsyncStream
{
    private bool _hasEnded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await input.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0 && !_hasEnded)
        {
            _hasEnded = true;
            await ended();
        }

        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await output.WriteAsync(buffer, cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);
}
