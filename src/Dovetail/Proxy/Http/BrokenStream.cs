using Dovetail.Common;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The content of an answer that broke off after its head had been sent and before its first byte. The forwarder expects such a failure
/// from the content; from a transformation it takes it for a head that can still be replaced.
/// </summary>
/// <param name="answer">Owned.</param>
internal sealed class BrokenStream(Stream answer, Exception failure) : AsyncStream
{
    public override bool CanWrite => false;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ValueTask.FromException<int>(failure);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            answer.Dispose();
        }

        base.Dispose(disposing);
    }
}
