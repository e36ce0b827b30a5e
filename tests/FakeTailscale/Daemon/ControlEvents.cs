using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>What control tells a backend, by way of its session. A session that has been replaced is not heard.</summary>
internal sealed class ControlEvents(
    Lock backendLock, BackendTransitions transitions, BackendTimers timers, StateStore store, Func<ControlSession?> current)
{
    /// <summary>Called once a network map is there.</summary>
    public Action? OnFirstMap { get; set; }

    private BackendSnapshot Snapshot => transitions.Snapshot;

    public void OnLoginUrl(ControlSession session, string url, int? process, bool hadAuthKey)
    {
        lock (backendLock)
        {
            if (session != current())
            {
                return;
            }

            transitions.Publish(Snapshot with { AuthUrl = url });
            if (Snapshot.State == IpnState.NoState)
            {
                transitions.SwitchTo(IpnState.NeedsLogin);
                transitions.Bus.Send(new BusMessage { State = IpnState.NeedsLogin });
            }

            if (hadAuthKey)
            {
                transitions.Health.Set(HealthWarning.LoginState(""));
                transitions.Publish(Snapshot);
            }

            transitions.Bus.Send(new BusMessage { Engine = true });
            transitions.Bus.Send(new BusMessage { BrowseToUrl = url }, process);
        }
    }

    public void OnLoginRefused(ControlSession session, string error)
    {
        lock (backendLock)
        {
            if (session == current())
            {
                transitions.Bus.Send(new BusMessage { ErrMessage = error });
                transitions.SetLoginHealth(error);
            }
        }
    }

    public void OnLoginFailed(ControlSession session, string error)
    {
        lock (backendLock)
        {
            if (session == current())
            {
                transitions.SetLoginHealth(error);
            }
        }
    }

    public void OnLoggedIn(ControlSession session, string nodeKey, RegisterReply reply)
    {
        DaemonLog.Noise(0.6);
        lock (backendLock)
        {
            if (session != current())
            {
                return;
            }

            bool newLogin = Snapshot.Prefs.Identity?.NodeKey != nodeKey;
            bool hadWarning = transitions.Health.Clear(HealthTracker.LoginState);
            Prefs prefs = Snapshot.Prefs with { Identity = new NodeIdentity(nodeKey, reply.NodeId, reply.User!), LoggedOut = false };
            try
            {
                store.SavePrefs(prefs);
            }
            catch (StateStoreException failure)
            {
                DaemonLog.Line($"failed to save profile: {failure.Message}");
            }

            transitions.Publish(Snapshot with { Prefs = prefs, AuthUrl = "" });
            DaemonLog.Line($"active login: {reply.User!.LoginName}");
            if (newLogin)
            {
                transitions.Bus.Send(new BusMessage { LoginFinished = true });
                transitions.SendHealth(1);
                transitions.Bus.Send(new BusMessage { Prefs = prefs });
            }
            else if (hadWarning)
            {
                transitions.SendHealth(1);
            }
        }
    }

    public void OnMap(ControlSession session, NetworkMap map)
    {
        lock (backendLock)
        {
            if (session != current())
            {
                return;
            }

            IpnState before = Snapshot.State;
            bool wasExpired = before == IpnState.NeedsLogin && Snapshot.NetMap is not null;
            bool sawFirst = Snapshot.NetMap is null;
            if (sawFirst)
            {
                OnFirstMap?.Invoke();
            }

            transitions.Publish(Snapshot with { NetMap = map, InMapPoll = Snapshot.Prefs.WantRunning });
            bool healed = transitions.Health.Clear(HealthTracker.NotInMapPoll);
            IpnState next = transitions.NextState();
            if (next == IpnState.Running && wasExpired)
            {
                transitions.Bus.Send(new BusMessage { LoginFinished = true });
            }

            if (healed)
            {
                transitions.Publish(Snapshot);
                transitions.SendHealth(1);
            }

            transitions.Bus.Send(BusMessage.OfMap(map));
            if (next == IpnState.Running && before != IpnState.Running)
            {
                transitions.SendFirstMap(map, sawFirst);
            }
            else if (next != before)
            {
                transitions.SwitchTo(next);
                transitions.Bus.Send(new BusMessage { State = next });
                transitions.SendHealth(2);
            }

            timers.OnMap(map.Self);
            transitions.Publish(Snapshot);
        }
    }

    public void OnMapLost(ControlSession session)
    {
        lock (backendLock)
        {
            if (session != current() || !Snapshot.InMapPoll)
            {
                return;
            }

            transitions.Publish(Snapshot with { InMapPoll = false });
            timers.OnMapLost();
        }
    }
}
