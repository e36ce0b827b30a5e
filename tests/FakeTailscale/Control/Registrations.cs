using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.Control;

/// <summary>A node that waits until somebody logs in.</summary>
/// <param name="Url">The login URL.</param>
/// <param name="Hostname">The host name asked for.</param>
public sealed record PendingLogin(string Url, string Hostname);

/// <summary>
/// Decides which nodes are let in, by the rules of the recorded control server; a logout leaves an expired node behind. Not thread-safe:
/// guarded by the tailnet.
/// </summary>
internal sealed class Registrations(TailnetNodes nodes, TailnetUsers users, TailnetKeys keys, ControlFaults faults, Func<string> url)
{
    private readonly Dictionary<string, LoginRecord> _logins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _attempts = new(StringComparer.OrdinalIgnoreCase);

    public bool RequireLogin { get; set; } = true;

    public bool RequireApproval { get; set; }

    /// <summary>Logins that made a node or gave one a new key.</summary>
    public int Total { get; private set; }

    public IEnumerable<PendingLogin> PendingLogins => _logins
        .Where(static login => !login.Value.Completed.Task.IsCompleted)
        .Select(static login => new PendingLogin(login.Key, login.Value.Request.Hostname));

    public IReadOnlyDictionary<string, int> AttemptsByHost => _attempts;

    /// <summary>Counts a request to register, whatever becomes of it.</summary>
    public void Count(string hostname) => _attempts[hostname] = AttemptsOf(hostname) + 1;

    public int AttemptsOf(string name) => _attempts.GetValueOrDefault(name);

    /// <returns>Done with who logged in (null for a new user); null when nobody waits at that URL.</returns>
    public Task<string?>? LoginAt(string loginUrl) => _logins.GetValueOrDefault(loginUrl)?.Completed.Task;

    /// <returns>False when nobody waits at that URL.</returns>
    public bool CompleteLogin(string loginUrl, string? user) =>
        // Kept until the daemon asks how it went.
        _logins.TryGetValue(loginUrl, out LoginRecord? login) && login.Completed.TrySetResult(user);

    /// <param name="loggedIn">True when somebody logged in at the URL that the request follows up.</param>
    /// <param name="login">Who did; null for a new user.</param>
    public RegisterReply Answer(RegisterRequest request, bool loggedIn, string? login)
    {
        _logins.Remove(request.Followup);
        return request.Logout ? LogOut(request) : Decide(request, loggedIn, login);
    }

    private RegisterReply LogOut(RegisterRequest request)
    {
        if (nodes.OfKey(request.NodeKey) is { } record)
        {
            if (record.Ephemeral)
            {
                nodes.Remove(record);
            }

            record.Info = record.Info with { KeyExpiry = GoTime.ToSeconds(TimeProvider.System.GetUtcNow()) };
            record.Version++;
        }

        return new RegisterReply { KeyExpired = true };
    }

    private RegisterReply Decide(RegisterRequest request, bool loggedIn, string? login)
    {
        if (faults.RefusalOf(request.Hostname) is { } refusal)
        {
            return new RegisterReply { Error = refusal };
        }

        if (keys.Check(request.AuthKey, out KeyRecord? key) is { } badKey)
        {
            return new RegisterReply { Error = badKey };
        }

        NodeRecord? known = nodes.OfKey(request.NodeKey);
        if (known is not null && known.Info.IsExpired(TimeProvider.System.GetUtcNow()))
        {
            return new RegisterReply { KeyExpired = true, Authorized = known.Info.Authorized };
        }

        IReadOnlyList<string> tags = request.Tags.Count > 0 ? request.Tags : known is null ? key?.Options.Tags ?? [] : [];
        if (tags.Any(tag => !faults.Permits(tag)) || (key is { Options.Tags.Count: > 0 } && tags.Any(tag => !key.Options.Tags.Contains(tag))))
        {
            return new RegisterReply { Error = $"requested tags [{string.Join(' ', tags)}] are invalid or not permitted" };
        }

        if (known is not null)
        {
            nodes.Readmit(known, request, key, tags);
            return Admitted(known);
        }

        bool noKeyNeeded = key is null && !RequireLogin && request.OldNodeKey.Length == 0;
        return loggedIn || (key is not null && !faults.KeyIsNotEnough) || noKeyNeeded
            ? Admitted(Admit(request, key, tags, login))
            : new RegisterReply { AuthUrl = NewLogin(request), Authorized = true };
    }

    private NodeRecord Admit(RegisterRequest request, KeyRecord? key, IReadOnlyList<string> tags, string? login)
    {
        NodeRecord? node = nodes.HolderOf(request.OldNodeKey);
        if (node is not null)
        {
            nodes.Rekey(node, request, tags);
        }

        node ??= nodes.Create(request, key, tags, login, !RequireApproval || key is { Options.Preauthorized: true });
        if (key is not null)
        {
            key.Used = true;
        }

        Total++;
        return node;
    }

    private string NewLogin(RegisterRequest request)
    {
        foreach (string older in _logins.Keys.Where(url => _logins[url].Request.MachineKey == request.MachineKey).ToArray())
        {
            _logins.Remove(older);
        }

        string loginUrl = $"{url()}/auth/{Native.RandomHex(10)}";
        _logins[loginUrl] = new LoginRecord(request);
        return loginUrl;
    }

    private RegisterReply Admitted(NodeRecord record) => new()
    {
        Authorized = record.Info.Authorized,
        NodeId = record.Info.StableId,
        User = users.OwnerOf(record.Info),
    };

    /// <summary>A login that somebody has to complete.</summary>
    private sealed class LoginRecord(RegisterRequest request)
    {
        public RegisterRequest Request => request;

        /// <summary>Done with the login name; null for a new user.</summary>
        public TaskCompletionSource<string?> Completed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
