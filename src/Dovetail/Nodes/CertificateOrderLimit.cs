namespace Dovetail.Nodes;

/// <summary>Lets a few certificate orders through at a time: CAs limit them per account and per tailnet.</summary>
internal sealed class CertificateOrderLimit : IDisposable
{
    /// <summary>How many orders run at a time.</summary>
    public const int Orders = 2;

    private readonly SemaphoreSlim _free = new(Orders, Orders);

    /// <summary>Waits for a free place; disposing what it returns frees it.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        return new Place(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        private SemaphoreSlim? _free = free;

        public void Dispose() => Interlocked.Exchange(ref _free, null)?.Release();
    }
}
