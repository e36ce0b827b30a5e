using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.DataPath;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>
/// The state machine of a daemon. Changes happen one at a time under a lock and are announced on the bus in the order recorded in
/// 04-bus/timelines.txt; readers take <see cref="Snapshot"/> and never wait.
/// </summary>
internal sealed class Backend : IAsyncDisposable
{
    // Recorded: the "starting" warning goes when the node runs, or by itself.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly BackendTransitions _transitions;
    private readonly StateStore _store;
    private readonly BackendSessions _sessions;
    private readonly CancellationTokenSource _stop = new();
    private int _warmUps;
    private int _maps;
    private int _polls;

    public Backend(StateStore store, DataGate gate, MapRequest about, Random random)
    {
        _store = store;
        Gate = gate;
        _transitions = new BackendTransitions(gate);
        _sessions = new BackendSessions(this, store, about, random);
    }

    public BackendSnapshot Snapshot => _transitions.Snapshot;

    /// <summary>Open while packets pass.</summary>
    public DataGate Gate { get; }

    /// <summary>Called once a network map is there.</summary>
    public Action? OnFirstMap { get; set; }

    public ControlClient? Control => _sessions.Current?.Client;

    /// <summary>Takes up what the state file says: nothing, a stopped node, or one that goes back to its tailnet by itself.</summary>
    public void Boot()
    {
        lock (_gate)
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
                    BeginWarmUp();
                }
            }
        }
    }

    /// <summary><c>POST start</c>: takes new preferences and goes to control with them.</summary>
    /// <exception cref="BackendException">The state cannot be kept.</exception>
    public void Start(string authKey, Prefs? update)
    {
        lock (_gate)
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
                    BeginWarmUp();
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
        lock (_gate)
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
        lock (_gate)
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
                        BeginWarmUp();
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
        lock (_gate)
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

        lock (_gate)
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
        lock (_gate)
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

    /// <param name="mask">1 engine, 2 state, 4 preferences, 8 network map, 128 health (recording 04-bus/masks.txt).</param>
    /// <param name="process">The process that watches.</param>
    public BusSubscriber Subscribe(long mask, int process)
    {
        lock (_gate)
        {
            BusSubscriber subscriber = new(process);
            BackendSnapshot now = Snapshot;
            if ((mask & 15) != 0)
            {
                BusMessage first = new()
                {
                    SessionId = (mask & 2) != 0 ? Native.RandomHex(8) : null,
                    State = (mask & 2) != 0 ? now.State : null,
                    BrowseToUrl = (mask & 2) != 0 && now.AuthUrl.Length > 0 ? now.AuthUrl : null,
                    Prefs = (mask & 4) != 0 ? now.Prefs : null,
                    NetMap = (mask & 8) != 0 ? now.NetMap : null,
                    Engine = (mask & 1) != 0,
                    Health = (mask & 128) != 0 ? _transitions.Health.Document() : null,
                };
                subscriber.Lines.Writer.TryWrite(first.ToLine());
            }

            _transitions.Bus.Add(subscriber);
            return subscriber;
        }
    }

    public void Unsubscribe(BusSubscriber subscriber)
    {
        lock (_gate)
        {
            _transitions.Bus.Remove(subscriber);
        }
    }

    public void EndBus()
    {
        lock (_gate)
        {
            _transitions.Bus.Complete();
        }
    }

    public void OnLoginUrl(ControlSession session, string url, int? process, bool hadAuthKey)
    {
        lock (_gate)
        {
            if (session != _sessions.Current)
            {
                return;
            }

            _transitions.Publish(Snapshot with { AuthUrl = url });
            if (Snapshot.State == IpnState.NoState)
            {
                _transitions.SwitchTo(IpnState.NeedsLogin);
                _transitions.Bus.Send(new BusMessage { State = IpnState.NeedsLogin });
            }

            if (hadAuthKey)
            {
                _transitions.Health.Set(HealthWarning.LoginState(""));
                _transitions.Publish(Snapshot);
            }

            _transitions.Bus.Send(new BusMessage { Engine = true });
            _transitions.Bus.Send(new BusMessage { BrowseToUrl = url }, process);
        }
    }

    public void OnLoginRefused(ControlSession session, string error)
    {
        lock (_gate)
        {
            if (session == _sessions.Current)
            {
                _transitions.Bus.Send(new BusMessage { ErrMessage = error });
                _transitions.SetLoginHealth(error);
            }
        }
    }

    public void OnLoginFailed(ControlSession session, string error)
    {
        lock (_gate)
        {
            if (session == _sessions.Current)
            {
                _transitions.SetLoginHealth(error);
            }
        }
    }

    public void OnLoggedIn(ControlSession session, string nodeKey, RegisterReply reply)
    {
        DaemonLog.Noise(0.6);
        lock (_gate)
        {
            if (session != _sessions.Current)
            {
                return;
            }

            bool newLogin = Snapshot.Prefs.Identity?.NodeKey != nodeKey;
            bool hadWarning = _transitions.Health.Clear(HealthTracker.LoginState);
            Prefs prefs = Snapshot.Prefs with { Identity = new NodeIdentity(nodeKey, reply.NodeId, reply.User!), LoggedOut = false };
            try
            {
                _store.SavePrefs(prefs);
            }
            catch (StateStoreException failure)
            {
                DaemonLog.Line($"failed to save profile: {failure.Message}");
            }

            _transitions.Publish(Snapshot with { Prefs = prefs, AuthUrl = "" });
            DaemonLog.Line($"active login: {reply.User!.LoginName}");
            if (newLogin)
            {
                _transitions.Bus.Send(new BusMessage { LoginFinished = true });
                _transitions.SendHealth(1);
                _transitions.Bus.Send(new BusMessage { Prefs = prefs });
            }
            else if (hadWarning)
            {
                _transitions.SendHealth(1);
            }
        }
    }

    public void OnMap(ControlSession session, NetworkMap map)
    {
        lock (_gate)
        {
            if (session != _sessions.Current)
            {
                return;
            }

            IpnState before = Snapshot.State;
            bool wasExpired = before == IpnState.NeedsLogin && Snapshot.NetMap is not null;
            bool sawFirst = Snapshot.NetMap is null;
            _polls++;
            if (sawFirst)
            {
                OnFirstMap?.Invoke();
            }

            _transitions.Publish(Snapshot with { NetMap = map, InMapPoll = Snapshot.Prefs.WantRunning });
            bool healed = _transitions.Health.Clear(HealthTracker.NotInMapPoll);
            IpnState next = _transitions.NextState();
            if (next == IpnState.Running && wasExpired)
            {
                _transitions.Bus.Send(new BusMessage { LoginFinished = true });
            }

            if (healed)
            {
                _transitions.Publish(Snapshot);
                _transitions.SendHealth(1);
            }

            _transitions.Bus.Send(new BusMessage { NetMap = map });
            if (next == IpnState.Running && before != IpnState.Running)
            {
                _transitions.SendFirstMap(map, sawFirst);
            }
            else if (next != before)
            {
                _transitions.SwitchTo(next);
                _transitions.Bus.Send(new BusMessage { State = next });
                _transitions.SendHealth(2);
            }

            WatchExpiry(map.Self);
            _transitions.Publish(Snapshot);
        }
    }

    public void OnMapLost(ControlSession session)
    {
        lock (_gate)
        {
            if (session != _sessions.Current || !Snapshot.InMapPoll)
            {
                return;
            }

            _transitions.Publish(Snapshot with { InMapPoll = false });
            _ = WarnOfLostMapAsync(_polls);
        }
    }

    /// <summary>Ends everything; in-memory nodes log out first, as recorded in 09-logout-down.</summary>
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

        await _stop.CancelAsync();
        lock (_gate)
        {
            _sessions.End();
        }
    }

    private void BeginWarmUp()
    {
        _transitions.BeginWarmUp();
        _ = EndWarmUpLaterAsync(++_warmUps);
    }

    private async Task EndWarmUpLaterAsync(int which)
    {
        await WaitAsync(WarmUp);
        lock (_gate)
        {
            if (which == _warmUps && _transitions.Health.Clear(HealthTracker.WarmingUp))
            {
                _transitions.Publish(Snapshot);
                _transitions.SendHealth(1);
            }
        }
    }

    private async Task WarnOfLostMapAsync(int which)
    {
        await WaitAsync(Knobs.MapPollHealthDelay);
        lock (_gate)
        {
            if (which == _polls && Snapshot.State == IpnState.Running && !_stop.IsCancellationRequested)
            {
                _transitions.Health.Set(HealthWarning.NotInMapPoll());
                _transitions.Publish(Snapshot);
                _transitions.SendHealth(1);
            }
        }
    }

    private void WatchExpiry(NodeInfo self)
    {
        int which = ++_maps;
        TimeSpan left = (self.KeyExpiry ?? DateTimeOffset.MaxValue) - TimeProvider.System.GetUtcNow();
        if (left > TimeSpan.Zero && left < TimeSpan.FromDays(1))
        {
            _ = ExpireLaterAsync(which, left);
        }
    }

    private async Task ExpireLaterAsync(int which, TimeSpan left)
    {
        await WaitAsync(left + TimeSpan.FromMilliseconds(20));
        lock (_gate)
        {
            if (which == _maps && Snapshot.State == IpnState.Running && _transitions.NextState() == IpnState.NeedsLogin)
            {
                _transitions.Bus.Send(new BusMessage { NetMap = Snapshot.NetMap });
                _transitions.SwitchTo(IpnState.NeedsLogin);
                _transitions.Bus.Send(new BusMessage { State = IpnState.NeedsLogin });
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
