using FakeTailscale.Common;
using FakeTailscale.DataPath;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>
/// The changes of a backend and what each says on the bus, in the recorded order. Not thread-safe but for
/// <see cref="Snapshot"/>: guarded by the backend.
/// </summary>
internal sealed class BackendTransitions(DataGate gate)
{
    private BackendSnapshot _snapshot = new();

    public BackendSnapshot Snapshot => Volatile.Read(ref _snapshot);

    public Bus Bus { get; } = new();

    public HealthTracker Health { get; } = new();

    /// <summary>Makes a snapshot the one that readers see.</summary>
    public void Publish(BackendSnapshot snapshot)
    {
        BackendSnapshot next = snapshot with { Health = Health.Texts };
        Volatile.Write(ref _snapshot, next);
        gate.Set(next.CarriesTraffic);
    }

    /// <summary>Changes the state, without a word on the bus.</summary>
    public void SwitchTo(IpnState state)
    {
        BackendSnapshot now = Snapshot;
        DaemonLog.Line(
            $"Switching ipn state {now.State} -> {state} (WantRunning={(now.Prefs.WantRunning ? "true" : "false")}, "
                + $"nm={(now.NetMap is null ? "false" : "true")})");
        Publish(now with { State = state });
    }

    /// <summary>What a new watcher of the bus is told first.</summary>
    /// <param name="mask">As in <see cref="Backend.Subscribe"/>.</param>
    public BusMessage FirstMessage(long mask)
    {
        BackendSnapshot now = Snapshot;
        return new BusMessage
        {
            SessionId = (mask & 2) != 0 ? Native.RandomHex(8) : null,
            State = (mask & 2) != 0 ? now.State : null,
            BrowseToUrl = (mask & 2) != 0 && now.AuthUrl.Length > 0 ? now.AuthUrl : null,
            Prefs = (mask & 4) != 0 ? now.Prefs : null,
            NetMap = (mask & 8) != 0 ? now.NetMap : null,
            Engine = (mask & 1) != 0,
            Health = (mask & 128) != 0 ? Health.Document() : null,
        };
    }

    /// <summary>The state that follows from preferences, network map and time.</summary>
    public IpnState NextState()
    {
        BackendSnapshot now = Snapshot;
        if (now.Prefs.LoggedOut || now.Prefs.Identity is null)
        {
            return IpnState.NeedsLogin;
        }

        if (now.NetMap is null)
        {
            return now.State is IpnState.NeedsLogin ? IpnState.NeedsLogin : IpnState.NoState;
        }

        if (!now.Prefs.WantRunning)
        {
            return IpnState.Stopped;
        }

        if (now.NetMap.Self.IsExpired(TimeProvider.System.GetUtcNow()))
        {
            return IpnState.NeedsLogin;
        }

        return now.NetMap.Self.Authorized ? IpnState.Running : IpnState.NeedsMachineAuth;
    }

    /// <summary>A node becomes Running by a network map.</summary>
    public void SendFirstMap(NetworkMap map, bool sawFirst)
    {
        SwitchTo(IpnState.Starting);
        Bus.Send(new BusMessage { State = IpnState.Starting });
        if (sawFirst)
        {
            SendHealth(1);
            Bus.Send(new BusMessage { DriveShares = true });
        }

        EndWarmUp();
        SwitchTo(IpnState.Running);
        Bus.Send(new BusMessage { State = IpnState.Running });
        Bus.Send(new BusMessage { Engine = true });
        SendHealth(4);
        Bus.Send(new BusMessage { Engine = true });
        Bus.Send(BusMessage.OfMap(map));
        SendHealth(2);
    }

    /// <summary>A node that has its map is Running again after a start.</summary>
    public void GoRunning()
    {
        EndWarmUp();
        SwitchTo(IpnState.Starting);
        Bus.Send(new BusMessage { State = IpnState.Starting });
        SwitchTo(IpnState.Running);
        Bus.Send(new BusMessage { State = IpnState.Running });
        Bus.Send(new BusMessage { Engine = true });
    }

    /// <summary>The node stops.</summary>
    public void GoDown(Prefs prefs)
    {
        Health.Clear(HealthTracker.WarmingUp);
        Health.Clear(HealthTracker.LoginState);
        IpnState next = Snapshot.NetMap is null && Snapshot.State == IpnState.NeedsLogin ? IpnState.NeedsLogin : IpnState.Stopped;
        SwitchTo(next);
        Health.Set(HealthWarning.WantRunningFalse(next));
        Publish(Snapshot with { Prefs = prefs, InMapPoll = false });
        Bus.Send(new BusMessage { State = next });
        Bus.Send(new BusMessage { Prefs = prefs });
        SendHealth(3);
    }

    /// <summary>The node comes back. False: it has to wait for a network map.</summary>
    public bool GoUp(Prefs prefs)
    {
        Health.Clear(HealthTracker.WantRunningFalse);
        IpnState next = NextState();
        if (next != IpnState.Running)
        {
            SwitchTo(next);
            Bus.Send(new BusMessage { State = next });
            Bus.Send(new BusMessage { Prefs = prefs });
            SendHealth(1);
            return false;
        }

        SwitchTo(IpnState.Starting);
        Bus.Send(new BusMessage { State = IpnState.Starting });
        Bus.Send(new BusMessage { Prefs = prefs });
        SwitchTo(IpnState.Running);
        Bus.Send(new BusMessage { State = IpnState.Running });
        Bus.Send(new BusMessage { Engine = true });
        SendHealth(3);
        return true;
    }

    /// <summary>The node is starting.</summary>
    public void BeginWarmUp()
    {
        Health.Set(HealthWarning.WarmingUp());
        Health.Clear(HealthTracker.WantRunningFalse);
        Publish(Snapshot);
    }

    /// <summary>The node runs: it is neither starting nor stopped.</summary>
    public void EndWarmUp()
    {
        Health.Clear(HealthTracker.WarmingUp);
        Health.Clear(HealthTracker.WantRunningFalse);
    }

    /// <summary>The last login failed for this reason.</summary>
    public void SetLoginHealth(string error)
    {
        bool known = Health.Has(HealthTracker.LoginState);
        Health.Set(HealthWarning.LoginState(error));
        Publish(Snapshot);
        if (!known)
        {
            SendHealth(1);
        }
    }

    /// <summary>Tells the warnings so many times, as the real daemon repeats them.</summary>
    public void SendHealth(int times)
    {
        BusMessage message = new() { Health = Health.Document() };
        for (int sent = 0; sent < times; sent++)
        {
            Bus.Send(message);
        }
    }
}
