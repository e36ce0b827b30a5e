using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>
/// The tailnet of a control server: who is on it, what each node sees of it, and the map polls that tell daemons of changes. One lock
/// guards its users, keys, nodes and registrations.
/// </summary>
internal sealed class Tailnet
{
    private readonly TestControlOptions _options;
    private readonly ControlFaults _faults;
    private readonly Func<string> _acmeUrl;
    private readonly Lock _lock = new();
    private readonly TailnetUsers _users;
    private readonly TailnetNodes _nodes;
    private readonly TailnetKeys _keys = new();
    private readonly Registrations _registrations;
    private readonly List<(string Peer, string Capability, string Values)> _grants = [];
    private readonly string _secret = Native.RandomHex(16);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Tailnet(TestControlOptions options, ControlFaults faults, Func<string> url, Func<string> acmeUrl)
    {
        _options = options;
        _faults = faults;
        _acmeUrl = acmeUrl;
        _users = new TailnetUsers(options);
        _nodes = new TailnetNodes(options, _users);
        _registrations = new Registrations(_nodes, _users, _keys, faults, url);
    }

    public bool RequireLogin
    {
        get => Locked(() => _registrations.RequireLogin);
        set => Locked(() => _registrations.RequireLogin = value);
    }

    public bool RequireApproval
    {
        get => Locked(() => _registrations.RequireApproval);
        set => Locked(() => _registrations.RequireApproval = value);
    }

    public int TotalRegistrations => Locked(() => _registrations.Total);

    public IReadOnlyList<TailnetNode> Nodes => Locked(() => _nodes.All.Select(_nodes.Describe).ToArray());

    public IReadOnlyList<PendingLogin> PendingLogins => Locked(() => _registrations.PendingLogins.ToArray());

    public IReadOnlyList<TailnetUser> Users => Locked(
        () => _users.All.Select(static user => new TailnetUser(user.LoginName, user.DisplayName, user.ProfilePictureUrl)).ToArray());

    public int NewNodes => Locked(() => _nodes.Created);

    public IReadOnlyDictionary<string, int> AttemptsByHost => Locked(() => _registrations.AttemptsByHost.ToDictionary());

    /// <inheritdoc cref="Registrations.Count"/>
    public void CountAttempt(string hostname)
    {
        lock (_lock)
        {
            _registrations.Count(hostname);
        }
    }

    public int Attempts(string name) => Locked(() => _registrations.AttemptsOf(name));

    public void AddKey(string key, AuthKeyOptions keyOptions)
    {
        lock (_lock)
        {
            _keys.Add(key, keyOptions);
        }
    }

    public void RevokeKey(string key)
    {
        lock (_lock)
        {
            _keys.Revoke(key);
        }
    }

    public void AddOAuthClient(string secret, string[] tags)
    {
        lock (_lock)
        {
            _keys.AddOAuthClient(secret, tags);
        }
    }

    /// <inheritdoc cref="TailnetKeys.Create"/>
    public string? CreateKey(string secret, IReadOnlyList<string> tags, bool ephemeral, bool preauthorized) =>
        Locked(() => _keys.Create(secret, tags, ephemeral, preauthorized));

    public void AddUser(TailnetUser user)
    {
        lock (_lock)
        {
            _users.Add(user);
        }

        Changed();
    }

    public void Grant(string peer, string capability, string values)
    {
        lock (_lock)
        {
            _grants.RemoveAll(grant => grant.Peer == peer && grant.Capability == capability);
            _grants.Add((peer, capability, values));
        }

        Changed();
    }

    public void Withdraw(string peer, string capability)
    {
        lock (_lock)
        {
            _grants.RemoveAll(grant => grant.Peer == peer && grant.Capability == capability);
        }

        Changed();
    }

    /// <inheritdoc cref="Registrations.CompleteLogin"/>
    public bool CompleteLogin(string loginUrl, string? user) => Locked(() => _registrations.CompleteLogin(loginUrl, user));

    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public void Update(string name, Func<NodeInfo, NodeInfo> change)
    {
        lock (_lock)
        {
            NodeRecord record = _nodes.Find(name);
            record.Info = change(record.Info);
            record.Version++;
        }

        Changed();
    }

    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public void RenameByAdmin(string name, string newName)
    {
        lock (_lock)
        {
            _nodes.GiveName(_nodes.Find(name), newName);
        }

        Changed();
    }

    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public void Delete(string name, bool quiet)
    {
        lock (_lock)
        {
            NodeRecord record = _nodes.Find(name);
            _nodes.Remove(record);
            record.IsDeleted = true;
            if (quiet)
            {
                record.Poll?.Cancel();
            }
            else
            {
                record.Info = record.Info with { KeyExpiry = GoTime.ToSeconds(TimeProvider.System.GetUtcNow().AddMinutes(-1)) };
                record.Version++;
            }
        }

        Changed();
    }

    /// <summary>Answers a registration; waits for the user when it follows up a login URL.</summary>
    public async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellation)
    {
        string? login = null;
        bool followsUp = request.Followup.Length > 0;
        if (followsUp)
        {
            if (Locked(() => _registrations.LoginAt(request.Followup)) is not { } completed)
            {
                return new RegisterReply { Error = "unknown login" };
            }

            login = await completed.WaitAsync(cancellation);
        }

        RegisterReply reply = Locked(() => _registrations.Answer(request, followsUp, login));
        Changed();
        return reply;
    }

    /// <summary>Begins the map poll of a daemon, ending the one before it; null when there is no such node.</summary>
    public NodeRecord? BeginPoll(MapRequest request, IReadOnlyList<string> endpoints, CancellationTokenSource poll)
    {
        NodeRecord? record;
        lock (_lock)
        {
            record = _nodes.OfKey(request.NodeKey);
            if (record is null || !request.Stream)
            {
                return record;
            }

            record.Poll?.Cancel();
            record.Poll = poll;
            record.MapPolls++;
            record.Version++;
            record.Info = record.Info with
            {
                Online = true,
                DiscoKey = request.DiscoKey,
                Instance = request.Instance,
                PeerApiPort = request.PeerApiPort,
                Endpoints = endpoints,
            };
        }

        Changed();
        return record;
    }

    public void EndPoll(NodeRecord record, CancellationTokenSource poll)
    {
        lock (_lock)
        {
            if (record.Poll != poll)
            {
                return;
            }

            record.Poll = null;
            record.Info = record.Info with { Online = false, LastSeen = GoTime.ToTenths(TimeProvider.System.GetUtcNow()) };
        }

        Changed();
    }

    public void SetHostname(string nodeKey, string hostname)
    {
        lock (_lock)
        {
            if (_nodes.OfKey(nodeKey) is { } record)
            {
                _nodes.Rename(record, hostname);
            }
        }

        Changed();
    }

    /// <summary>The map as one node sees it, with the task that ends at the next change of anything.</summary>
    public (NetworkMap Map, int Version, Task Changed) MapOf(NodeRecord record)
    {
        lock (_lock)
        {
            NodeInfo[] peers = [.. _nodes.All
                .Where(node => node != record && !_faults.IsHidden(node.Info.HostName))
                .Select(static node => node.Info)];
            HashSet<long> owners = [.. peers.Append(record.Info).Select(static node => node.UserId)];
            NetworkMap map = new()
            {
                Self = record.Info,
                Peers = peers,
                Users = [.. _users.All.Append(UserInfo.TaggedDevices).Where(user => owners.Contains(user.Id))],
                Capabilities = peers.Append(record.Info)
                    .Select(node => (node.Key, Granted: (IReadOnlyDictionary<string, string>)Granted(node)))
                    .Where(static node => node.Granted.Count > 0)
                    .ToDictionary(static node => node.Key, static node => node.Granted),
                Domain = _options.TailnetName,
                Suffix = _options.TailnetSuffix,
                Https = _faults.CertificatesEnabled,
                Secret = _secret,
                AcmeUrl = _acmeUrl(),
                WhoIsError = _faults.WhoIsErrorOf(record.Info.HostName),
            };
            return (map, record.Version, _changed.Task);
        }
    }

    public bool IsNewer(NodeRecord record, int version) => Locked(() => record.Version != version);

    public bool MayHaveCertificate(string name) => Locked(() => _nodes.All.Any(node => node.Info.DnsName == name));

    /// <summary>Wakes every map poll.</summary>
    public void Changed()
    {
        TaskCompletionSource before;
        lock (_lock)
        {
            before = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.TrySetResult();
    }

    private Dictionary<string, string> Granted(NodeInfo node) => _grants
        .Where(
            grant =>
                grant.Peer == "*" || grant.Peer.Equals(node.ShortName, StringComparison.OrdinalIgnoreCase) || grant.Peer == node.DnsName)
        .GroupBy(static grant => grant.Capability).ToDictionary(static grant => grant.Key, static grant => grant.Last().Values);

    private T Locked<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
