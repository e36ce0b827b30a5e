using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.NetworkInformation;
using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The control server of one test, with its relay and certificate authority: a program of its own, asked and told over HTTP. The stand-in's
/// by default, a real one where <c>DOVETAIL_TEST_CONTROL</c> names it; both take and answer the same.
/// </summary>
internal sealed class ControlServer : IAsyncDisposable
{
    private const string Domain = "tailtest.ts.net";

    // Of every control program.
    private const int AcmePortOffset = 3;

    private const int Attempts = 3;

    private readonly BackgroundProcess _program;
    private readonly CuttableRelay _relay;
    private readonly CuttableRelay _acmeRelay;
    private readonly HttpClient _http;

    private ControlServer(BackgroundProcess program, IPEndPoint address, string authority)
    {
        _program = program;
        _relay = new CuttableRelay(address);
        _acmeRelay = new CuttableRelay(new IPEndPoint(address.Address, address.Port + AcmePortOffset));
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{address}/") };
        Authority = authority;
    }

    /// <summary>What <c>--login-server</c> takes.</summary>
    public string Url => $"http://{_relay.Address}";

    /// <summary>What daemons need to order certificates here.</summary>
    public string AcmeDirectory => $"http://{_acmeRelay.Address}/directory";

    /// <summary>Where the program itself answers, whoever is cut off from it.</summary>
    public string OwnUrl => _http.BaseAddress!.ToString().TrimEnd('/');

    /// <summary>PEM file with the root of the certificate authority.</summary>
    public string Authority { get; }

    /// <summary>Starts one, and waits until it answers.</summary>
    /// <param name="address">Where it listens: an address that the daemons reach.</param>
    /// <exception cref="InvalidOperationException">It ended, several times over.</exception>
    public static async Task<ControlServer> StartAsync(TestDirectory directory, IPAddress address)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartOnceAsync(directory, address);
            }
            catch (InvalidOperationException) when (attempt < Attempts)
            {
                // As a rule another test took the port between the look and the start.
            }
        }
    }

    /// <summary>For daemons the control server is away: their connections are reset, and new ones refused.</summary>
    public void GoAway() => _relay.Cut();

    /// <summary>Ends <see cref="GoAway"/>.</summary>
    public void ComeBack() => _relay.Mend();

    /// <summary>What the certificate authority does from now on.</summary>
    /// <param name="delay">How long an order takes; null: no time.</param>
    /// <param name="lifetime">How long new certificates are valid, which begin an hour ago; null: as before.</param>
    public async Task SetAcmeAsync(Acme mode, TimeSpan? delay = null, TimeSpan? lifetime = null)
    {
        if (mode == Acme.Down)
        {
            _acmeRelay.Cut();
            return;
        }

        _acmeRelay.Mend();
        var word = mode switch
        {
            Acme.Error500 => "500",
            Acme.RateLimited => "429",
            Acme.Hang => "hang",
            Acme.Refuse => "reject",
            _ => "ok",
        };
        var life = lifetime is { } time ? $"&back=1h&lifetime={Seconds(time)}" : "";
        await ApplyAsync($"rig/acme?mode={word}&delay={Seconds(delay ?? TimeSpan.Zero)}{life}");
    }

    /// <summary>Every machine, also those that are offline or expired.</summary>
    public async Task<IReadOnlyList<Machine>> MachinesAsync() =>
        (await _http.GetFromJsonAsync<Machine[]>("rig/nodes", JsonSerializerOptions.Web, TestContext.Current.CancellationToken))!;

    /// <summary>The newest machine of that name; null when there is none.</summary>
    public async Task<Machine?> FindAsync(string name) => (await MachinesAsync()).LastOrDefault(machine => machine.Name == name);

    /// <summary>Requests to register with that host name, refused ones and those of returning daemons included.</summary>
    public async Task<int> RegisterRequestsAsync(string hostName) => Count(await AskAsync("rig/registrations"), "requestsByHost", hostName);

    /// <summary>Machines that came into being, those deleted since included.</summary>
    public async Task<int> NewMachinesAsync() => (await AskAsync("rig/registrations")).GetProperty("newNodes").GetInt32();

    /// <summary>Certificates issued for a full name.</summary>
    public async Task<int> CertificatesAsync(string fullName) => Count(await AskAsync("rig/acme"), "issuedByDomain", fullName);

    /// <summary>Somebody opens the login URL and logs in.</summary>
    /// <param name="user">Who, where the control server lets one choose; null: a new user.</param>
    public async Task CompleteLoginAsync(string loginUrl, string? user = null)
    {
        var query = user is null ? "" : $"?user={Uri.EscapeDataString(user)}";
        using var answer = await _http.GetAsync(new Uri(loginUrl + query), TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>An auth key.</summary>
    /// <param name="options">As the query of <c>/rig/keys</c> takes them, such as <c>reusable=1&amp;tags=tag:a</c>.</param>
    public async Task<string> AddKeyAsync(string options)
    {
        var key = $"tskey-auth-k{Guid.NewGuid():N}"[..23] + $"CNTRL-{Guid.NewGuid():N}";
        await ApplyAsync($"rig/keys?key={key}&{options}");
        return key;
    }

    /// <summary>Sets one of the knobs; skips the test where the control program has no such one.</summary>
    /// <param name="request">Path and query, from <c>rig/</c> on.</param>
    public async Task ApplyAsync(string request, string body = "") => Assert.SkipUnless(
        await TryApplyAsync(request, body), $"This control program has no /{request.Split('?')[0]}.");

    /// <inheritdoc cref="ApplyAsync"/>
    /// <returns>False where the control program has no such knob.</returns>
    public async Task<bool> TryApplyAsync(string request, string body = "")
    {
        using var content = new StringContent(body);
        using var answer = await _http.PostAsync(request, content, TestContext.Current.CancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return false;
        }

        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode
            ? true
            : throw new InvalidOperationException($"POST /{request}: {(int)answer.StatusCode} {text}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _relay.DisposeAsync();
        await _acmeRelay.DisposeAsync();
        await _program.DisposeAsync();
    }

    private static async Task<ControlServer> StartOnceAsync(TestDirectory directory, IPAddress address)
    {
        var program = TestSettings.Control ?? TestSettings.StandIn;
        string[] first = TestSettings.Control is null ? ["control"] : [];
        var authority = directory["authority.pem"];
        var port = FreePort();
        var process = new BackgroundProcess(
            program,
            [
                .. first, "--address", address.ToString(), "--port", port.ToString(CultureInfo.InvariantCulture), "--domain", Domain,
                "--authority", authority,
            ],
            new Dictionary<string, string?> { ["DOTNET_EnableDiagnostics"] = "0" });
        var server = new ControlServer(process, new IPEndPoint(address, port), authority);
        try
        {
            await Eventually.GetAsync(
                // Its file too: on a port that was taken meanwhile, another test's server would answer.
                async token => process.HasExited
                    || (File.Exists(authority) && (await server._http.GetAsync("rig/nodes", token)).IsSuccessStatusCode),
                answers => answers,
                "the control server to answer");
            return process.HasExited
                ? throw new InvalidOperationException($"{program} ended: {process.Log}")
                : server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private async Task<JsonElement> AskAsync(string path) =>
        await _http.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken);

    private static int Count(JsonElement document, string group, string name) =>
        document.GetProperty(group).TryGetProperty(name, out var count) ? count.GetInt32() : 0;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###}s");

    // Below the range out of which the kernel gives ports to those who do not care.
    private static int FreePort()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            if (!taken.Contains(port) && !taken.Contains(port + AcmePortOffset))
            {
                return port;
            }
        }
    }
}

/// <summary>What a certificate authority does.</summary>
public enum Acme
{
    /// <summary>Issues.</summary>
    Ok,

    /// <summary>Is away: connections are refused.</summary>
    Down,

    /// <summary>Answers 500.</summary>
    Error500,

    /// <summary>Answers 429 to orders.</summary>
    RateLimited,

    /// <summary>Takes orders and never answers.</summary>
    Hang,

    /// <summary>Finds no proof for the name.</summary>
    Refuse,
}
