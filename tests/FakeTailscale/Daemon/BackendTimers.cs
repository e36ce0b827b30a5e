using FakeTailscale.Common;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>
/// What changes in a backend by the mere passing of time: the end of the warm-up, the warning of a lost map, the expiry of the node's key.
/// Its methods are called under the backend's lock.
/// </summary>
internal sealed class BackendTimers(Lock backendLock, BackendTransitions transitions) : IAsyncDisposable
{
    // Recorded: the "starting" warning goes when the node runs, or by itself.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private int _warmUps;
    private int _maps;

    /// <summary>Nothing changes by itself any more.</summary>
    public async ValueTask DisposeAsync() => await _stop.CancelAsync();

    public void BeginWarmUp()
    {
        transitions.BeginWarmUp();
        _ = EndWarmUpLaterAsync(++_warmUps);
    }

    /// <summary>A map came: the warning that it is lost is off, and its node's expiry counts.</summary>
    public void OnMap(NodeInfo self)
    {
        int which = ++_maps;
        TimeSpan left = (self.KeyExpiry ?? DateTimeOffset.MaxValue) - TimeProvider.System.GetUtcNow();
        if (left > TimeSpan.Zero && left < TimeSpan.FromDays(1))
        {
            _ = ExpireLaterAsync(which, left);
        }
    }

    public void OnMapLost() => _ = WarnOfLostMapAsync(_maps);

    private async Task EndWarmUpLaterAsync(int which)
    {
        await WaitAsync(WarmUp);
        lock (backendLock)
        {
            if (which == _warmUps && transitions.Health.Clear(HealthTracker.WarmingUp))
            {
                transitions.Publish(transitions.Snapshot);
                transitions.SendHealth(1);
            }
        }
    }

    private async Task WarnOfLostMapAsync(int which)
    {
        await WaitAsync(Knobs.MapPollHealthDelay);
        lock (backendLock)
        {
            if (which == _maps && transitions.Snapshot.State == IpnState.Running && !_stop.IsCancellationRequested)
            {
                transitions.Health.Set(HealthWarning.NotInMapPoll());
                transitions.Publish(transitions.Snapshot);
                transitions.SendHealth(1);
            }
        }
    }

    private async Task ExpireLaterAsync(int which, TimeSpan left)
    {
        await WaitAsync(left + TimeSpan.FromMilliseconds(20));
        lock (backendLock)
        {
            if (which == _maps && transitions.Snapshot.State == IpnState.Running && transitions.NextState() == IpnState.NeedsLogin)
            {
                transitions.Bus.Send(new BusMessage { NetMap = transitions.Snapshot.NetMap });
                transitions.SwitchTo(IpnState.NeedsLogin);
                transitions.Bus.Send(new BusMessage { State = IpnState.NeedsLogin });
            }
        }
    }

    private async Task WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
        }
    }
}
