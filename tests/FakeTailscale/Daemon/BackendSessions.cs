namespace FakeTailscale.Daemon;

/// <summary>A backend's session with control: at most one at a time. Not thread-safe: guarded by the backend.</summary>
internal sealed class BackendSessions(ControlEvents events, StateStore store, MapRequest about, Random random)
{
    public ControlSession? Current { get; private set; }

    /// <summary>The name that control is told: the host's own when none is set.</summary>
    public static string EffectiveHostname(Prefs prefs) => prefs.Hostname.Length > 0 ? prefs.Hostname : Environment.MachineName;

    /// <summary>The machine key, made when there is none.</summary>
    /// <exception cref="StateStoreException">It cannot be kept.</exception>
    public string MachineKey()
    {
        if (store.MachineKey is { } known)
        {
            return known;
        }

        DaemonLog.Line("generating new machine key");
        string key = NodeIdentity.NewKey("mkey");
        store.SaveMachineKey(key);
        DaemonLog.Line("machine key written to store");
        return key;
    }

    /// <summary>A session that is not begun, with the preferences as they are.</summary>
    public ControlSession Create(Prefs prefs, string authKey)
    {
        SessionOptions options = new()
        {
            ControlUrl = prefs.ControlUrl.Length > 0 ? prefs.ControlUrl : "https://controlplane.tailscale.com",
            MachineKey = MachineKey(),
            NodeKey = prefs.Identity?.NodeKey,
            AuthKey = authKey,
            Hostname = EffectiveHostname(prefs),
            Tags = prefs.AdvertiseTags,
            Ephemeral = store.IsMemory,
            Paused = !prefs.WantRunning,
            Map = about,
        };
        ControlSession session = new(events, options, random);
        return session;
    }

    /// <summary>Ends the session that is, and begins one.</summary>
    /// <param name="prefs">With which control server, name and tags.</param>
    /// <param name="authKey">"" for none.</param>
    /// <param name="loginAtOnce">False waits for a login to be asked for.</param>
    public void Begin(Prefs prefs, string authKey, bool loginAtOnce)
    {
        End();
        Current = Create(prefs, authKey);
        Current.Start(loginAtOnce);
    }

    /// <summary>Lets go of control, if there is a session.</summary>
    public void End()
    {
        Current?.Abandon();
        Current = null;
    }
}
