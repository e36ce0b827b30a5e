using FakeTailscale.Common;
using FakeTailscale.Daemon;
using FakeTailscale.Network;

namespace FakeTailscale.Control;

/// <summary>
/// Users, keys and nodes of the tailnet, and the rules by which nodes are let in. They are those of the recorded control server: addresses count
/// up, a taken name gets <c>-1</c>, untagged nodes expire after 180 days, a logout leaves an expired node behind.
/// </summary>
internal sealed class Tailnet(TestControlOptions options, ControlFaults faults, Func<string> url, Func<string> acmeUrl)
{
    private const string ProfilePicture = "https://tailscale.com/static/images/marketing/team-carney.jpg";

    private static readonly TimeSpan KeyLifetime = TimeSpan.FromDays(180);

    private readonly Lock _gate = new();
    private readonly List<NodeRecord> _nodes = [];
    private readonly Dictionary<string, KeyRecord> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _oauthClients = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoginRecord> _logins = new(StringComparer.Ordinal);
    private readonly Dictionary<string, UserInfo> _users = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int> _attempts = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Peer, string Capability, string Values)> _grants = [];
    private readonly string _secret = Native.RandomHex(16);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastNode;
    private long _lastUser;
    private int _registrations;

    public bool RequireLogin { get; set; } = true;

    public bool RequireApproval { get; set; }

    public int TotalRegistrations
    {
        get
        {
            lock (_gate)
            {
                return _registrations;
            }
        }
    }

    public IReadOnlyList<TailnetNode> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _nodes.Select(Describe)];
            }
        }
    }

    public IReadOnlyList<PendingLogin> PendingLogins
    {
        get
        {
            lock (_gate)
            {
                return [.. _logins.Where(static login => !login.Value.Completed.Task.IsCompleted).Select(static login => new PendingLogin(login.Key, login.Value.Request.Hostname))];
            }
        }
    }

    public IReadOnlyList<TailnetUser> Users
    {
        get
        {
            lock (_gate)
            {
                return [.. _users.Values.Select(static user => new TailnetUser(user.LoginName, user.DisplayName, user.ProfilePictureUrl))];
            }
        }
    }

    public int Attempts(string name)
    {
        lock (_gate)
        {
            return _attempts.GetValueOrDefault(name);
        }
    }

    public void AddKey(string key, AuthKeyOptions keyOptions)
    {
        lock (_gate)
        {
            _keys[key] = new KeyRecord(keyOptions);
        }
    }

    public void RevokeKey(string key)
    {
        lock (_gate)
        {
            if (_keys.TryGetValue(key, out KeyRecord? record))
            {
                record.Revoked = true;
            }
        }
    }

    public void AddOAuthClient(string secret, string[] tags)
    {
        lock (_gate)
        {
            _oauthClients[secret] = tags;
        }
    }

    /// <summary>A new auth key for an OAuth client; null when there is no such client or it may not give these tags.</summary>
    public string? CreateKey(string secret, IReadOnlyList<string> tags, bool ephemeral, bool preauthorized)
    {
        lock (_gate)
        {
            if (!_oauthClients.TryGetValue(secret, out string[]? allowed) || tags.Any(tag => !allowed.Contains(tag)))
            {
                return null;
            }

            string key = TestControlServer.NewKey("auth");
            _keys[key] = new KeyRecord(new AuthKeyOptions { Reusable = false, Tags = [.. tags], Ephemeral = ephemeral, Preauthorized = preauthorized });
            return key;
        }
    }

    public void AddUser(TailnetUser user)
    {
        lock (_gate)
        {
            long id = _users.TryGetValue(user.LoginName, out UserInfo? known) ? known.Id : ++_lastUser;
            _users[user.LoginName] = new UserInfo(id, user.LoginName, user.DisplayName, user.ProfilePictureUrl);
        }

        Changed();
    }

    public void Grant(string peer, string capability, string values)
    {
        lock (_gate)
        {
            _grants.RemoveAll(grant => grant.Peer == peer && grant.Capability == capability);
            _grants.Add((peer, capability, values));
        }

        Changed();
    }

    public void Withdraw(string peer, string capability)
    {
        lock (_gate)
        {
            _grants.RemoveAll(grant => grant.Peer == peer && grant.Capability == capability);
        }

        Changed();
    }

    /// <returns>False when nobody waits at that URL.</returns>
    public bool CompleteLogin(string loginUrl, string? user)
    {
        lock (_gate)
        {
            // Kept until the daemon asks how it went.
            return _logins.TryGetValue(loginUrl, out LoginRecord? login) && login.Completed.TrySetResult(user);
        }
    }

    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public void Update(string name, Func<NodeInfo, NodeInfo> change)
    {
        lock (_gate)
        {
            NodeRecord record = Find(name);
            record.Info = change(record.Info);
            record.Version++;
        }

        Changed();
    }

    /// <exception cref="InvalidOperationException">There is no such node.</exception>
    public void Delete(string name)
    {
        lock (_gate)
        {
            NodeRecord record = Find(name);
            _nodes.Remove(record);
            record.Poll?.Cancel();
        }

        Changed();
    }

    /// <summary>Answers a registration; waits for the user when it follows up a login URL.</summary>
    public async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken cancellation)
    {
        string? login = null;
        bool loggedIn = false;
        if (request.Followup.Length > 0)
        {
            Task<string?> completed;
            lock (_gate)
            {
                if (!_logins.TryGetValue(request.Followup, out LoginRecord? pending))
                {
                    return new RegisterReply { Error = "unknown login" };
                }

                completed = pending.Completed.Task;
            }

            login = await completed.WaitAsync(cancellation);
            loggedIn = true;
        }

        RegisterReply reply;
        lock (_gate)
        {
            _logins.Remove(request.Followup);
            _attempts[request.Hostname] = _attempts.GetValueOrDefault(request.Hostname) + 1;
            reply = request.Logout ? LogOut(request) : Decide(request, loggedIn, login);
        }

        Changed();
        return reply;
    }

    /// <summary>Begins the map poll of a daemon, ending the one before it; null when there is no such node.</summary>
    public NodeRecord? BeginPoll(MapRequest request, IReadOnlyList<string> endpoints, CancellationTokenSource poll)
    {
        NodeRecord? record;
        lock (_gate)
        {
            record = _nodes.FirstOrDefault(node => node.Info.Key == request.NodeKey);
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
        lock (_gate)
        {
            if (record.Poll != poll)
            {
                return;
            }

            record.Poll = null;
            record.Info = record.Info with { Online = false, LastSeen = GoTime.ToTenths(Now) };
        }

        Changed();
    }

    public void SetHostname(string nodeKey, string hostname)
    {
        lock (_gate)
        {
            if (_nodes.FirstOrDefault(node => node.Info.Key == nodeKey) is { } record)
            {
                Rename(record, hostname);
            }
        }

        Changed();
    }

    /// <summary>The map as one node sees it, with the task that ends at the next change of anything.</summary>
    public (NetworkMap Map, int Version, Task Changed) MapOf(NodeRecord record)
    {
        lock (_gate)
        {
            NodeInfo[] peers = [.. _nodes.Where(node => node != record && !faults.IsHidden(node.Info.HostName)).Select(static node => node.Info)];
            HashSet<long> owners = [.. peers.Append(record.Info).Select(static node => node.UserId)];
            NetworkMap map = new()
            {
                Self = record.Info,
                Peers = peers,
                Users = [.. _users.Values.Append(UserInfo.TaggedDevices).Where(user => owners.Contains(user.Id))],
                Capabilities = peers.Append(record.Info).Select(node => (node.Key, Granted: (IReadOnlyDictionary<string, string>)Granted(node))).Where(static node => node.Granted.Count > 0)
                    .ToDictionary(static node => node.Key, static node => node.Granted),
                Domain = options.TailnetName,
                Suffix = options.TailnetSuffix,
                Https = faults.CertificatesEnabled,
                Secret = _secret,
                AcmeUrl = acmeUrl(),
                WhoIsError = faults.WhoIsErrorOf(record.Info.HostName),
            };
            return (map, record.Version, _changed.Task);
        }
    }

    public bool IsNewer(NodeRecord record, int version)
    {
        lock (_gate)
        {
            return record.Version != version;
        }
    }

    public bool MayHaveCertificate(string name)
    {
        lock (_gate)
        {
            return _nodes.Any(node => node.Info.DnsName == name);
        }
    }

    /// <summary>Wakes every map poll.</summary>
    public void Changed()
    {
        TaskCompletionSource before;
        lock (_gate)
        {
            before = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.TrySetResult();
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private RegisterReply LogOut(RegisterRequest request)
    {
        if (_nodes.FirstOrDefault(node => node.Info.Key == request.NodeKey) is { } record)
        {
            if (record.Ephemeral)
            {
                _nodes.Remove(record);
            }

            record.Info = record.Info with { KeyExpiry = GoTime.ToSeconds(Now) };
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

        KeyRecord? key = null;
        if (request.AuthKey.Length > 0)
        {
            if (!_keys.TryGetValue(request.AuthKey, out key))
            {
                return new RegisterReply { Error = "invalid key: API key does not exist" };
            }

            if (!key.IsValid)
            {
                return new RegisterReply { Error = $"invalid key: API key {KeyId(request.AuthKey)} not valid" };
            }
        }

        NodeRecord? known = _nodes.FirstOrDefault(node => node.Info.Key == request.NodeKey);
        if (known is not null && known.Info.IsExpired(Now))
        {
            return new RegisterReply { KeyExpired = true, Authorized = known.Info.Authorized };
        }

        IReadOnlyList<string> tags = request.Tags.Count > 0 ? request.Tags : known is null ? key?.Options.Tags ?? [] : [];
        if (tags.Any(faults.IsRefusedTag) || (key is { Options.Tags.Count: > 0 } && tags.Any(tag => !key.Options.Tags.Contains(tag))))
        {
            return new RegisterReply { Error = $"requested tags [{string.Join(' ', tags)}] are invalid or not permitted" };
        }

        if (known is not null)
        {
            Readmit(known, request, key, tags);
            return Admitted(known);
        }

        bool admitted = loggedIn || (key is not null && !faults.KeyIsNotEnough) || (key is null && !RequireLogin && request.OldNodeKey.Length == 0);
        if (!admitted)
        {
            foreach (string older in _logins.Where(login => login.Value.Request.MachineKey == request.MachineKey).Select(static login => login.Key).ToArray())
            {
                _logins.Remove(older);
            }

            string loginUrl = $"{url()}/auth/{Native.RandomHex(10)}";
            _logins[loginUrl] = new LoginRecord(request);
            return new RegisterReply { AuthUrl = loginUrl, Authorized = true };
        }

        NodeRecord node = _nodes.FirstOrDefault(old => old.Held(request.OldNodeKey)) is { } replaced
            ? Rekey(replaced, request, tags)
            : Create(request, key, tags, login);
        if (key is not null)
        {
            key.Used = true;
        }

        _registrations++;
        return Admitted(node);
    }

    private NodeRecord Create(RegisterRequest request, KeyRecord? key, IReadOnlyList<string> tags, string? login)
    {
        UserInfo user = tags.Count > 0 ? UserInfo.TaggedDevices : FindUser(login ?? key?.Options.User);
        NodeRecord record = new()
        {
            Ephemeral = request.Ephemeral || key is { Options.Ephemeral: true },
            Info = new NodeInfo
            {
                Id = ++_lastNode,
                Name = "",
                HostName = request.Hostname,
                UserId = user.Id,
                Key = request.NodeKey,
                MachineKey = request.MachineKey,
                Created = GoTime.ToSeconds(Now),
                KeyExpiry = tags.Count > 0 ? null : GoTime.ToSeconds(Now + KeyLifetime),
                Tags = [.. tags],
                Authorized = !RequireApproval || key is { Options.Preauthorized: true },
            },
        };
        record.Info = record.Info with { Name = FreeName(record, request.Hostname) };
        _nodes.Add(record);
        return record;
    }

    private NodeRecord Rekey(NodeRecord record, RegisterRequest request, IReadOnlyList<string> tags)
    {
        record.PreviousKey = record.Info.Key;
        record.Info = record.Info with { Key = request.NodeKey, KeyExpiry = tags.Count > 0 ? null : GoTime.ToSeconds(Now + KeyLifetime) };
        record.Registrations++;
        record.Version++;
        Rename(record, request.Hostname);
        return record;
    }

    private void Readmit(NodeRecord record, RegisterRequest request, KeyRecord? key, IReadOnlyList<string> tags)
    {
        if (key is { Options.Reusable: false })
        {
            key.Used = true;
        }

        Rename(record, request.Hostname);
        if (tags.SequenceEqual(record.Info.Tags) || (request.Tags.Count == 0 && record.Info.Tags.Count > 0 && key is { Options.Tags.Count: > 0 }))
        {
            return;
        }

        bool untagged = tags.Count == 0;
        record.Version++;

        // A node that gives up its tags has no owner until somebody logs in: control expires its key (recorded).
        record.Info = record.Info with
        {
            Tags = [.. tags],
            UserId = untagged ? FindUser(null).Id : UserInfo.TaggedDevices.Id,
            KeyExpiry = untagged ? GoTime.ToSeconds(Now) : null,
        };
    }

    private void Rename(NodeRecord record, string hostname)
    {
        if (record.Info.HostName != hostname)
        {
            record.Info = record.Info with { HostName = hostname, Name = FreeName(record, hostname) };
            record.Version++;
        }
    }

    private RegisterReply Admitted(NodeRecord record) => new()
    {
        Authorized = record.Info.Authorized,
        NodeId = record.Info.StableId,
        User = record.Info.UserId == UserInfo.TaggedDevices.Id ? UserInfo.TaggedDevices : _users.Values.First(user => user.Id == record.Info.UserId),
    };

    private UserInfo FindUser(string? login)
    {
        if (login is not null && _users.TryGetValue(login, out UserInfo? known))
        {
            return known;
        }

        long id = ++_lastUser;
        string name = login ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"user-{id}@{options.TailnetName}");
        string display = login is null ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"User {id}") : login.Split('@')[0];
        UserInfo user = new(id, name, display, ProfilePicture);
        _users[name] = user;
        return user;
    }

    private string FreeName(NodeRecord record, string hostname)
    {
        string wanted = string.Concat(hostname.ToLowerInvariant().Select(static character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' ? character : '-')).Trim('-', '.');
        string suffix = "." + options.TailnetSuffix + ".";
        for (int number = 0; ; number++)
        {
            string name = (number == 0 ? wanted : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{wanted}-{number}")) + suffix;
            if (!_nodes.Any(node => node != record && node.Info.Name == name))
            {
                return name;
            }
        }
    }

    private Dictionary<string, string> Granted(NodeInfo node) => _grants
        .Where(grant => grant.Peer == "*" || grant.Peer.Equals(node.ShortName, StringComparison.OrdinalIgnoreCase) || grant.Peer == node.DnsName)
        .GroupBy(static grant => grant.Capability).ToDictionary(static grant => grant.Key, static grant => grant.Last().Values);

    private NodeRecord Find(string name) => _nodes.LastOrDefault(node => name.Equals(node.Info.ShortName, StringComparison.OrdinalIgnoreCase) || name == node.Info.DnsName)
        ?? throw new InvalidOperationException($"there is no node \"{name}\" on the tailnet");

    private TailnetNode Describe(NodeRecord record) => new()
    {
        Id = record.Info.Id,
        StableId = record.Info.StableId,
        Name = record.Info.HostName,
        DnsName = record.Info.DnsName,
        IPv4 = record.Info.IPv4,
        IPv6 = record.Info.IPv6,
        User = record.Info.UserId == UserInfo.TaggedDevices.Id ? UserInfo.TaggedDevices.LoginName : _users.Values.First(user => user.Id == record.Info.UserId).LoginName,
        Tags = record.Info.Tags,
        Online = record.Info.Online,
        LastSeen = record.Info.LastSeen,
        Approved = record.Info.Authorized,
        KeyExpiry = record.Info.KeyExpiry,
        RegistrationCount = record.Registrations,
        MapPolls = record.MapPolls,
    };

    private static string KeyId(string key) => key.Split('-') is { Length: > 2 } parts ? parts[2] : "";
}
