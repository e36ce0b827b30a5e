using Dovetail.Proxy.Upstreams;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>The use of the one service there is, with the test in the place of what stops and starts its container.</summary>
internal sealed class FakeUse : IServiceUse, IServiceUses
{
    private int _active;
    private int _wakes;

    public Task? Closing { get; set; }

    /// <summary>How the start ends.</summary>
    public Task<bool> Woken { get; set; } = new TaskCompletionSource<bool>().Task;

    public bool IsWaking { get; set; }

    public int Active => Volatile.Read(ref _active);

    public int Wakes => Volatile.Read(ref _wakes);

    public IServiceUse Of(string service) => this;

    public void Enter() => Interlocked.Increment(ref _active);

    public void Leave() => Interlocked.Decrement(ref _active);

    public Task<bool> WakeAsync()
    {
        Interlocked.Increment(ref _wakes);
        return Woken;
    }

    public void Served(ServiceSpec service)
    {
    }
}
