namespace Dovetail.Proxy.Upstreams;

/// <summary>Bounds how many requests of a service wait for an upstream.</summary>
internal sealed class HeldRequestLimit(int size)
{
    private int _held;

    public int Held => Volatile.Read(ref _held);

    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _held) <= size)
        {
            return true;
        }

        Interlocked.Decrement(ref _held);
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _held);
}
