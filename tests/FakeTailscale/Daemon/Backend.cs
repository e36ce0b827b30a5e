using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.DataPath;

namespace FakeTailscale.Daemon;

/// <summary>
/// The state machine of a daemon. Changes happen one at a time under a lock and are announced on the bus in the recorded order; readers
/// take <see cref="Snapshot"/> and never wait.
/// </summary>
internal sealed class Backend : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly BackendTransitions _transitions;
    private readonly StateStore _store;
    private readonly BackendSessions _sessions;
    private readonly BackendTimers _timers;
    private readonly ControlEvents _events;

    public Backend(StateStore store, DataGate gate, MapRequest about, Random random)
    {
        _store = store;
        Gate = gate;
        _transitions = new BackendTransitions(gate);
        _timers = new BackendTimers(_lock, _transitions);
        _events = new ControlEvents(_lock, _transitions, _timers, store, () => _sessions!.Current);
        _sessions = new BackendSessions(_events, store, about, random);
    }

    public BackendSnapshot Snapshot => _transitions.Snapshot;

    /// <summary>Open while packets pass.</summary>
    public DataGate Gate { get; }

    /// <summary>Called once a network map is there.</summary>
    public Action? OnFirstMap
    {
        get => _events.OnFirstMap;
        set => _events.OnFirstMap = value;
    }

    public ControlClient? Control => _sessions.Current?.Client;

    /// <summary>Takes up what the state file says: nothing, a stopped node, or one that goes back to its tailnet by itself.</summary>
    public void Boot()
    {
        lock (_lock)
        {
            if (_store.Failure is { } failure)
            {
                DaemonLog.Line($"store.New failed: {failure}; starting with in-memory store with a health warning");
            }

            DaemonLog.Line("Start");
            Prefs? known = _store.Failure is null ? _store.LoadPrefs() : null;
            Prefs prefs = known ?? new Prefs();
            ServeConfig? serve = known is not null && _store.LoadServeConfig() is { } text ? ServeConfig.Parse(text) : null;
            _transitions.Publish(Snapshot with { Prefs = prefs, Serve = serve });
            if (_store.Failure is { } reason)
            {
                _transitions.Health.Set(HealthWarning.StateStore(reason));
                _transitions.Health.Set(HealthWarning.WantRunningFalse(IpnState.NoState));
                _transitions.Publish(Snapshot);
            }
            else if (prefs.Identity is null || prefs.LoggedOut)
            {
                _transitions.SwitchTo(IpnState.NeedsLogin);
                _transitions.Health.Set(HealthWarning.WantRunningFalse(IpnState.NeedsLogin));
                _transitions.Publish(Snapshot);
            }
            else
            {
                DaemonLog.Line($"pm: using backend prefs: {prefs}");
                _sessions.Begin(Snapshot.Prefs, "", loginAtOnce: true);
                if (!prefs.WantRunning)
                {
                    _transitions.SwitchTo(IpnState.Stopped);
                    _transitions.Health.Set(HealthWarning.WantRunningFalse(IpnState.Stopped));
                    _transitions.Publish(Snapshot);
                }
                else
                {
                    _timers.BeginWarmUp();
                }
            }
        }
    }

    /// <summary><c>POST start</c>: takes new preferences and goes to control with them.</summary>
    /// <exception cref="BackendException">The state cannot be kept.</exception>
    public void Start(string authKey, Prefs? update)
    {
        lock (_lock)
        {
            if (_store.Failure is not null)
            {
                throw new BackendException("cannot start backend when state store is unhealthy");
            }

            DaemonLog.Line("Start");
            Prefs before = Snapshot.Prefs;
            Prefs prefs = update is null ? before : update with { Identity = before.Identity, LoggedOut = false };
            DaemonLog.Line($"Start: updated prefs: {prefs}, reason: [opts.UpdatePrefs]");
            try
            {
                _sessions.MachineKey();
                if (prefs.Identity is not null)
                {
                    _store.SavePrefs(prefs);
                }
            }
            catch (StateStoreException failure)
            {
                DaemonLog.Line($"error writing machine key to store: {failure.Message}");
                _transitions.SwitchTo(IpnState.NoState);
                throw new BackendException($"initMachineKeyLocked: {failure.Message}");
            }

            _transitions.Publish(Snapshot with { Prefs = prefs, AuthUrl = "", InMapPoll = false });
            _transitions.Bus.Send(new BusMessage { Prefs = prefs });
            bool clearedLogin = _transitions.Health.Clear(HealthTracker.LoginState);
            _sessions.Begin(prefs, authKey, loginAtOnce: prefs.Identity is not null);
            IpnState next = _transitions.NextState();
            if (next == IpnState.Running)
            {
                _transitions.Health.Clear(HealthTracker.WantRunningFalse);
                _transitions.GoRunning();
            }
            else
            {
                if (Snapshot.NetMap is not null || prefs.Identity is null)
                {
                    _transitions.SwitchTo(next);
                    _transitions.Bus.Send(new BusMessage { State = next });
                }

                if (prefs.WantRunning && !before.WantRunning)
                {
                    _timers.BeginWarmUp();
                }

                _transitions.SendHealth(2);
            }

            if (clearedLogin)
            {
                _transitions.SendHealth(1);
            }

            _transitions.Publish(Snapshot);
        }
    }

    /// <summary><c>POST login-interactive</c>.</summary>
    /// <param name="process">The process that asked, the only one to be told a login URL.</param>
    public void LoginInteractive(int process)
    {
        lock (_lock)
        {
            DaemonLog.Line("StartLoginInteractiveAs(\"root\"): url=" + (Snapshot.AuthUrl.Length > 0 ? "true" : "false"));
            if (_sessions.Current is null)
            {
                _sessions.MachineKey();
                _sessions.Begin(Snapshot.Prefs, "", loginAtOnce: false);
            }

            DaemonLog.Line("control: LoginInteractive -> regen=true");
            _sessions.Current!.Login(process);
        }
    }

    /// <summary><c>PATCH prefs</c>.</summary>
    public Prefs EditPrefs(JsonElement mask)
    {
        lock (_lock)
        {
            Prefs before = Snapshot.Prefs;
            Prefs prefs = before.With(mask);
            if (prefs.SameAs(before))
            {
                return before;
            }

            DaemonLog.Line($"EditPrefs: {prefs}");
            if (prefs.Identity is not null)
            {
                _store.SavePrefs(prefs);
            }

            _transitions.Publish(Snapshot with { Prefs = prefs });
            if (prefs.WantRunning != before.WantRunning && prefs.Identity is not null)
            {
                if (prefs.WantRunning)
                {
                    _sessions.Begin(Snapshot.Prefs, "", loginAtOnce: true);
                    if (!_transitions.GoUp(prefs))
                    {
                        _timers.BeginWarmUp();
                    }
                }
                else
                {
                    _sessions.End();
                    _transitions.GoDown(prefs);
                }

                return prefs;
            }

            _transitions.Bus.Send(new BusMessage { Prefs = prefs });
            if (prefs.Hostname != before.Hostname)
            {
                _sessions.Current?.SetHostname(BackendSessions.EffectiveHostname(prefs));
            }

            return prefs;
        }
    }

    /// <summary><c>POST logout</c>: offline at once, then control is told, then the profile is forgotten.</summary>
    /// <exception cref="BackendException">Control cannot be reached: the node stays stopped and logged out.</exception>
    public async Task LogoutAsync()
    {
        ControlSession session;
        NodeIdentity identity;
        lock (_lock)
        {
            if (Snapshot.Prefs.Identity is not { } known)
            {
                return;
            }

            identity = known;
            Prefs prefs = Snapshot.Prefs with { WantRunning = false, LoggedOut = true };
            DaemonLog.Line("EditPrefs: MaskedPrefs{WantRunning=false LoggedOut=true}");
            _store.SavePrefs(prefs);
            _sessions.End();
            _transitions.GoDown(prefs);
            session = _sessions.Create(prefs, "");
        }

        try
        {
            await session.LogoutAsync(identity.NodeKey, _store.IsMemory ? TimeSpan.FromSeconds(5) : Knobs.LogoutTimeout);
        }
        catch (ControlException failure)
        {
            throw new BackendException(failure.Message);
        }

        lock (_lock)
        {
            _store.DeleteProfile();
            Prefs prefs = new() { ControlUrl = Snapshot.Prefs.ControlUrl, AcceptDns = Snapshot.Prefs.AcceptDns };
            _transitions.Bus.Send(new BusMessage { State = IpnState.NoState });
            _transitions.Publish(new BackendSnapshot { Prefs = prefs });
            _transitions.Bus.Send(new BusMessage { Prefs = prefs });
            _transitions.SwitchTo(IpnState.NeedsLogin);
            _transitions.Bus.Send(new BusMessage { State = IpnState.NeedsLogin });
            _transitions.SendHealth(5);
        }
    }

    /// <summary>Replaces the serve config.</summary>
    /// <param name="config">The new one.</param>
    /// <param name="expectedEtag">Null for whatever is there.</param>
    /// <returns>False when something else is there than expected.</returns>
    /// <exception cref="BackendException">There is no network map yet.</exception>
    public bool SetServeConfig(ServeConfig config, string? expectedEtag)
    {
        lock (_lock)
        {
            if (expectedEtag is not null && expectedEtag != ServeConfig.Etag(Snapshot.VisibleServe?.Text ?? "null"))
            {
                return false;
            }

            if (Snapshot.NetMap is null)
            {
                throw new BackendException("updating config: netMap is nil");
            }

            _store.SaveServeConfig(config.Text);
            _transitions.Publish(Snapshot with { Serve = config });
            return true;
        }
    }

    /// <param name="mask">1 engine, 2 state, 4 preferences, 8 network map, 128 health (recorded with 1.96.5).</param>
    /// <param name="process">The process that watches.</param>
    public BusSubscriber Subscribe(long mask, int process)
    {
        lock (_lock)
        {
            BusSubscriber subscriber = new(process);
            if ((mask & 15) != 0)
            {
                subscriber.Lines.Writer.TryWrite(_transitions.FirstMessage(mask).ToLine());
            }

            _transitions.Bus.Add(subscriber);
            return subscriber;
        }
    }

    public void Unsubscribe(BusSubscriber subscriber)
    {
        lock (_lock)
        {
            _transitions.Bus.Remove(subscriber);
        }
    }

    public void EndBus()
    {
        lock (_lock)
        {
            _transitions.Bus.Complete();
        }
    }

    /// <summary>Ends everything; in-memory nodes log out first, as the real one does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_store.IsMemory && Snapshot.Prefs.Identity is not null)
        {
            try
            {
                await LogoutAsync();
                DaemonLog.Line("logged out ephemeral node on shutdown");
            }
            catch (BackendException failure)
            {
                DaemonLog.Line($"failed to log out ephemeral node on shutdown after 5s: {failure.Message}");
            }
        }

        await _timers.DisposeAsync();
        lock (_lock)
        {
            _sessions.End();
        }
    }
}
