using System.Globalization;
using FakeTailscale.Network;

namespace FakeTailscale.Daemon;

/// <summary>
/// One attempt of a daemon to be on the tailnet: logs in, then follows the map, each for as long as it takes. A refused key is tried again
/// and again (recording bus-invalid-key.ndjson), until the session is disposed.
/// </summary>
internal sealed class ControlSession : IAsyncDisposable
{
    private readonly ControlEvents _events;
    private readonly SessionOptions _options;
    private readonly ControlClient _client;
    private readonly Random _random;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _loginWanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private CancellationTokenSource _attempt;
    private string? _nodeKey;
    private string _hostname;
    private bool _newKeyWanted;
    private int? _process;
    private Task _running = Task.CompletedTask;

    public ControlSession(ControlEvents events, SessionOptions options, Random random)
    {
        _events = events;
        _options = options;
        _client = new ControlClient(options.ControlUrl);
        _random = random;
        _nodeKey = options.NodeKey;
        _hostname = options.Hostname;
        _attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
    }

    public ControlClient Client => _client;

    /// <param name="loginAtOnce">False for a node without a key: it waits for <see cref="Login"/>.</param>
    public void Start(bool loginAtOnce)
    {
        if (loginAtOnce)
        {
            _loginWanted.TrySetResult();
        }

        _running = Task.Run(RunAsync);
    }

    /// <summary>Begins the login anew with a new node key.</summary>
    /// <param name="process">Who asked: only this process is told a login URL. Null for all.</param>
    public void Login(int? process)
    {
        lock (_lock)
        {
            _newKeyWanted = true;
            _process = process;
            if (_loginWanted.Task.IsCompleted)
            {
                CancellationTokenSource before = _attempt;
                _attempt = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                _ = before.CancelAsync();
            }
            else
            {
                _loginWanted.TrySetResult();
            }
        }
    }

    public void SetHostname(string hostname)
    {
        _hostname = hostname;
        if (_nodeKey is { } key)
        {
            _ = TellHostnameAsync(key, hostname);
        }
    }

    public async Task LogoutAsync(string nodeKey, TimeSpan limit)
    {
        using CancellationTokenSource deadline = new(limit);
        DaemonLog.Line("control: client.Logout()");
        RegisterRequest request = Request(nodeKey, "") with { Logout = true };
        string address = Http.ServerAddress.HostPort(_options.ControlUrl);
        while (true)
        {
            try
            {
                await _client.RegisterAsync(request, deadline.Token);
                return;
            }
            catch (ControlException)
            {
                await Task.Delay(100, CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                throw new ControlException(
                    $"register request: Post \"https://{address}/machine/register\": connection attempts aborted by context: context "
                        + "deadline exceeded");
            }
        }
    }

    /// <summary>Lets go of control without waiting for what is under way.</summary>
    public void Abandon()
    {
        DaemonLog.Line("control: client.Shutdown ...");
        _ = _stop.CancelAsync();
        DaemonLog.Line("control: Client.Shutdown done.");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            CancellationToken attempt;
            lock (_lock)
            {
                attempt = _attempt.Token;
            }

            try
            {
                await _loginWanted.Task.WaitAsync(attempt);
                await LogInAsync(attempt);
                await FollowMapAsync(attempt);
                return;
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception failure) when (failure is not ControlException)
            {
                // A mistake of the stand-in: said in the log, so that a test that waits in vain shows why.
                DaemonLog.Line($"control: [unexpected] {failure}");
                return;
            }
        }
    }

    private async Task LogInAsync(CancellationToken attempt)
    {
        Backoff backoff = new(TimeSpan.FromSeconds(30), _random);
        bool newKey = _newKeyWanted || _nodeKey is null;
        bool keyFetched = false;
        while (true)
        {
            attempt.ThrowIfCancellationRequested();
            try
            {
                DaemonLog.Line($"control: doLogin(regen={(newKey ? "true" : "false")}, hasUrl=false)");
                if (!keyFetched)
                {
                    await _client.FetchKeyAsync(attempt);
                    keyFetched = true;
                }

                string key = newKey ? NodeIdentity.NewKey("nodekey") : _nodeKey!;
                string old = newKey ? _nodeKey ?? "" : "";
                if (newKey)
                {
                    DaemonLog.Line("control: Generating a new nodekey.");
                }

                RegisterReply reply = await RegisterAsync(Request(key, old), attempt);
                if (reply.AuthUrl.Length > 0)
                {
                    DaemonLog.Line($"control: AuthURL is {reply.AuthUrl}");
                    _events.OnLoginUrl(this, reply.AuthUrl, _process, _options.AuthKey.Length > 0);
                    reply = await RegisterAsync(Request(key, old) with { Followup = reply.AuthUrl }, attempt);
                }

                if (reply.KeyExpired)
                {
                    DaemonLog.Line($"control: server reports new node key [{key[8..13]}] has expired");
                    newKey = true;
                }
                else if (reply.Error.Length > 0)
                {
                    DaemonLog.Line($"Received error: {reply.Error}");
                    _events.OnLoginRefused(this, reply.Error);
                    await backoff.WaitAsync(attempt);
                }
                else if (reply.AuthUrl.Length == 0)
                {
                    attempt.ThrowIfCancellationRequested();
                    _nodeKey = key;
                    _newKeyWanted = false;
                    _events.OnLoggedIn(this, key, reply);
                    return;
                }
            }
            catch (RateLimitedException limit)
            {
                string wait = string.Create(CultureInfo.InvariantCulture, $"{limit.RetryAfter.TotalSeconds:0}s");
                string error = $"node registration rate limited; will retry after {wait}";
                DaemonLog.Line($"control: authRoutine: rate limited: {limit.Message} (retry after {wait})");
                DaemonLog.Line($"Received error: {error}");
                _events.OnLoginRefused(this, error);
                await Task.Delay(limit.RetryAfter, attempt);
            }
            catch (ControlException failure)
            {
                DaemonLog.Line($"Received error: {failure.Message}");
                _events.OnLoginFailed(this, failure.Message);
                await backoff.WaitAsync(attempt);
            }
        }
    }

    private async Task FollowMapAsync(CancellationToken attempt)
    {
        Backoff backoff = new(Common.Knobs.MapPollRetry, _random);
        while (true)
        {
            try
            {
                MapRequest request = _options.Map with { NodeKey = _nodeKey!, Hostname = _hostname, Stream = !_options.Paused };
                await _client.PollMapAsync(request, OnMap, attempt);
                if (_options.Paused)
                {
                    return;
                }

                DaemonLog.Line("Received error: PollNetMap: unexpected EOF");
            }
            catch (ControlException failure)
            {
                DaemonLog.Line($"Received error: {failure.Message}");
            }

            attempt.ThrowIfCancellationRequested();
            _events.OnMapLost(this);
            await backoff.WaitAsync(attempt);
        }

        void OnMap(NetworkMap map)
        {
            backoff.Reset();
            attempt.ThrowIfCancellationRequested();
            _events.OnMap(this, map);
        }
    }

    private async Task<RegisterReply> RegisterAsync(RegisterRequest request, CancellationToken attempt)
    {
        DaemonLog.Line(
            $"control: RegisterReq: onode={Short(request.OldNodeKey)} node={Short(request.NodeKey)} "
                + $"fup={(request.Followup.Length > 0 ? "true" : "false")} nks=false");
        RegisterReply reply = await _client.RegisterAsync(request, attempt);
        DaemonLog.Line(
            $"control: RegisterReq: got response; nodeKeyExpired={Lower(reply.KeyExpired)}, machineAuthorized={Lower(reply.Authorized)}; "
                + $"authURL={Lower(reply.AuthUrl.Length > 0)}");
        return reply;
    }

    private RegisterRequest Request(string key, string old) => new()
    {
        MachineKey = _options.MachineKey,
        NodeKey = key,
        OldNodeKey = old,
        AuthKey = _options.AuthKey,
        Hostname = _hostname,
        Tags = _options.Tags,
        Ephemeral = _options.Ephemeral,
    };

    private async Task TellHostnameAsync(string key, string hostname)
    {
        try
        {
            await _client.UpdateHostnameAsync(key, hostname, _stop.Token);
        }
        catch (Exception failure) when (failure is ControlException or OperationCanceledException)
        {
            DaemonLog.Line($"control: {failure.Message}");
        }
    }

    private static string Short(string key) => key.Length > 13 ? $"[{key[8..13]}]" : "";

    private static string Lower(bool value) => value ? "true" : "false";
}
