using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Containers;

namespace Dovetail.Tests.Reconciliation;

/// <summary>Listings that come when the test says so.</summary>
internal sealed class FakeSnapshots : IAsyncEnumerable<ContainerSnapshot>
{
    private readonly Lock _lock = new();
    private Channel<ContainerSnapshot> _stream = Channel.CreateUnbounded<ContainerSnapshot>();
    private int _readings;

    /// <summary>How often they were read from the beginning.</summary>
    public int Readings => Volatile.Read(ref _readings);

    public void Push(ContainerSnapshot snapshot)
    {
        lock (_lock)
        {
            Assert.True(_stream.Writer.TryWrite(snapshot));
        }
    }

    /// <summary>Ends what is being read; the next reading finds what is pushed from now on.</summary>
    public void End(Exception? failure = null)
    {
        lock (_lock)
        {
            _stream.Writer.Complete(failure);
            _stream = Channel.CreateUnbounded<ContainerSnapshot>();
        }
    }

    public IAsyncEnumerator<ContainerSnapshot> GetAsyncEnumerator(CancellationToken cancellationToken = default) =>
        ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);

    private async IAsyncEnumerable<ContainerSnapshot> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChannelReader<ContainerSnapshot> reader;
        lock (_lock)
        {
            _readings++;
            reader = _stream.Reader;
        }

        await foreach (var snapshot in reader.ReadAllAsync(cancellationToken))
        {
            yield return snapshot;
        }
    }
}
