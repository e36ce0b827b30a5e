using System.Globalization;
using System.Net;
using FakeTailscale.Common;

namespace FakeTailscale.Control;

/// <summary>
/// A control server for the stand-in's daemons, with a certificate authority, run inside the test process. Thread-safe. Nodes are named by
/// their short name (<c>web</c>, <c>web-1</c>) or full name.
/// </summary>
public sealed class TestControlServer : IAsyncDisposable
{
    private const int AcmePortOffset = 3;

    private readonly Tailnet _tailnet;
    private readonly CertificateAuthority _authority = new();
    private readonly AcmeApi _acme;
    private readonly SwitchableServer _server;
    private readonly SwitchableServer _acmeServer;

    /// <summary>Takes its ports; <see cref="Start"/> listens.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">A port is taken.</exception>
    public TestControlServer(TestControlOptions options)
    {
        Faults = new ControlFaults(ApplyFaults);
        _tailnet = new Tailnet(options, Faults, () => Url, () => AcmeUrl);
        _acme = new AcmeApi(_tailnet, Faults, _authority);
        ControlApi control = new(_tailnet, Faults);
        RigApi rig = new(this);
        _server = new SwitchableServer(
            new IPEndPoint(options.Address, options.Port),
            exchange => RigApi.IsMeant(exchange.Request.Path) ? rig.HandleAsync(exchange) : control.HandleAsync(exchange));
        int acmePort = options.Port == 0 ? 0 : options.Port + AcmePortOffset;
        _acmeServer = new SwitchableServer(new IPEndPoint(options.Address, acmePort), _acme.HandleAsync);
    }

    /// <summary>What <c>--login-server</c> takes.</summary>
    public string Url => $"http://{_server.Address}";

    /// <summary>Root certificate of the test CA, in PEM.</summary>
    public string CaCertificatePem => _authority.RootPem;

    /// <summary>Faults to switch on and off.</summary>
    public ControlFaults Faults { get; }

    /// <summary>True (default): a node without an auth key gets a login URL. False: it is let in.</summary>
    public bool RequireLogin
    {
        get => _tailnet.RequireLogin;
        set => _tailnet.RequireLogin = value;
    }

    /// <summary>True: new nodes wait for <see cref="Approve"/>, unless their key is preauthorized. Default false.</summary>
    public bool RequireApproval
    {
        get => _tailnet.RequireApproval;
        set => _tailnet.RequireApproval = value;
    }

    /// <summary>Logins that wait for <see cref="CompleteLogin"/>.</summary>
    public IReadOnlyList<PendingLogin> PendingLogins => _tailnet.PendingLogins;

    /// <summary>Every node, also those that are offline or expired.</summary>
    public IReadOnlyList<TailnetNode> Nodes => _tailnet.Nodes;

    public IReadOnlyList<TailnetUser> Users => _tailnet.Users;

    /// <summary>Logins that made a node or gave one a new key. Daemons that come back with their key do not count.</summary>
    public int TotalRegistrations => _tailnet.TotalRegistrations;

    /// <summary>Machines that came into being, those deleted since included.</summary>
    public int NewNodes => _tailnet.NewNodes;

    /// <summary>Requests to register by host name, refused ones and those of returning daemons included.</summary>
    public IReadOnlyDictionary<string, int> RegisterAttemptsByHost => _tailnet.AttemptsByHost;

    /// <summary>Certificates issued by full name.</summary>
    public IReadOnlyDictionary<string, int> CertificatesByName => _acme.IssuedByName;

    private string AcmeUrl => $"http://{_acmeServer.Address}/directory";

    /// <summary>One that listens.</summary>
    public static Task<TestControlServer> StartAsync(TestControlOptions? options = null)
    {
        TestControlServer server = new(options ?? new TestControlOptions());
        server.Start();
        return Task.FromResult(server);
    }

    /// <summary>Listens.</summary>
    public void Start() => ApplyFaults();

    /// <summary>Makes an auth key (<c>tskey-auth-…</c>).</summary>
    public string CreateAuthKey(AuthKeyOptions? options = null)
    {
        string key = NewKey("auth");
        _tailnet.AddKey(key, options ?? new AuthKeyOptions());
        return key;
    }

    /// <summary>Makes an auth key of the caller's choice valid.</summary>
    public void AddAuthKey(string key, AuthKeyOptions? options = null) => _tailnet.AddKey(key, options ?? new AuthKeyOptions());

    /// <summary>Refuses a key from now on; nodes that are in stay.</summary>
    public void RevokeAuthKey(string key) => _tailnet.RevokeKey(key);

    /// <summary>Makes an OAuth client (<c>tskey-client-…</c>) that may create keys for these tags.</summary>
    public string CreateOAuthClient(params string[] tags)
    {
        string secret = NewKey("client");
        AddOAuthClient(secret, tags);
        return secret;
    }

    /// <summary>Makes an OAuth client with a secret of the caller's choice.</summary>
    public void AddOAuthClient(string secret, params string[] tags) => _tailnet.AddOAuthClient(secret, tags);

    /// <summary>Adds a user, or changes what is known of one.</summary>
    public void AddUser(TailnetUser user) => _tailnet.AddUser(user);

    /// <summary>Logs in at a login URL.</summary>
    /// <param name="url">From <see cref="PendingLogins"/>, status or the CLI.</param>
    /// <param name="user">Login name; null makes a new user.</param>
    /// <exception cref="InvalidOperationException">Nobody waits there.</exception>
    public void CompleteLogin(string url, string? user = null)
    {
        if (!_tailnet.CompleteLogin(url, user))
        {
            throw new InvalidOperationException($"nobody waits at {url}");
        }
    }

    /// <summary>Lets a node in that waits for approval, or takes its approval back.</summary>
    public void Approve(string node, bool approved = true) => _tailnet.Update(node, info => info with { Authorized = approved });

    /// <summary>Gives a node another name, as an administrator does.</summary>
    public void RenameNode(string node, string name) => _tailnet.RenameByAdmin(node, name);

    /// <summary>Sets a node's key expiry to a minute ago.</summary>
    public void ExpireNode(string node) => SetKeyExpiry(node, TimeProvider.System.GetUtcNow().AddMinutes(-1));

    /// <summary>Gives a node another 180 days.</summary>
    public void ExtendNode(string node) => SetKeyExpiry(node, TimeProvider.System.GetUtcNow().AddDays(180));

    /// <summary>Sets a node's key expiry, to the second; null: never.</summary>
    public void SetKeyExpiry(string node, DateTimeOffset? expiry) =>
        _tailnet.Update(node, info => info with { KeyExpiry = expiry is { } time ? GoTime.ToSeconds(time) : null });

    /// <summary>Removes a node, as an administrator does: its daemon is not known any more.</summary>
    /// <param name="quiet">False: the daemon is told first, by a node of its own whose key has expired.</param>
    public void DeleteNode(string node, bool quiet = true) => _tailnet.Delete(node, quiet);

    /// <summary>The node of that name; null when there is none.</summary>
    public TailnetNode? FindNode(string name) =>
        Nodes.LastOrDefault(
            node =>
                name.Equals(node.DnsName, StringComparison.OrdinalIgnoreCase)
                    || node.DnsName.StartsWith(name + ".", StringComparison.OrdinalIgnoreCase));

    /// <summary>Requests to register that came with that host name, refused ones and those of returning daemons included.</summary>
    public int RegisterAttempts(string name) => _tailnet.Attempts(name);

    /// <summary>Certificates issued for a full name.</summary>
    public int CertificateOrders(string name) => _acme.Issued(name);

    /// <summary>Gives a peer an app capability on every node.</summary>
    /// <param name="peer">A node's name, or <c>*</c> for all.</param>
    /// <param name="capability">Like <c>example.com/cap/x</c>.</param>
    /// <param name="valuesJson">A JSON array, or <c>null</c>.</param>
    public void GrantCapability(string peer, string capability, string valuesJson = "null") => _tailnet.Grant(peer, capability, valuesJson);

    /// <summary>Ends <see cref="GrantCapability"/>.</summary>
    public void WithdrawCapability(string peer, string capability) => _tailnet.Withdraw(peer, capability);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _acmeServer.DisposeAsync();
        _authority.Dispose();
    }

    internal static string NewKey(string kind) => string.Create(
        CultureInfo.InvariantCulture, $"tskey-{kind}-k{Native.RandomHex(4).ToUpperInvariant()}CNTRL-{Native.RandomHex(16)}");

    private void ApplyFaults()
    {
        _server.Set(!Faults.Unreachable);
        _acmeServer.Set(Faults.Acme != AcmeBehavior.Down);
        _tailnet.Changed();
    }
}
