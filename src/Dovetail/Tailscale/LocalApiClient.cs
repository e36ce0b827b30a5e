using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>
/// Speaks to one tailscaled on its socket. Every call but the bus has a deadline: a stopped daemon accepts and never answers.
/// All that can go wrong is a <see cref="LocalApiException"/>, except the caller's own cancellation.
/// </summary>
internal sealed class LocalApiClient : ILocalApi
{
    // 2 state + 4 prefs + 128 health, in the first line too.
    private const string BusPath = "watch-ipn-bus?mask=134";

    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;

    /// <param name="socket">Path of the LocalAPI socket, at most 107 bytes.</param>
    /// <param name="timeout">Longest wait for an answer.</param>
    public LocalApiClient(string socket, TimeSpan timeout)
    {
        _timeout = timeout;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = (_, cancellationToken) => UnixSocket.ConnectAsync(socket, cancellationToken),
            UseProxy = false,
            AllowAutoRedirect = false,
            // An idle connection costs tailscaled a goroutine; whois bursts are answered over a few.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        })
        {
            // tailscaled refuses any other Host.
            BaseAddress = new Uri("http://local-tailscaled.sock/localapi/v0/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public Task<IpnStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        GetAsync("status?peers=false", TailscaleJson.Default.IpnStatus, cancellationToken);

    public Task<IpnPeers> GetPeersAsync(CancellationToken cancellationToken) =>
        GetAsync("status", TailscaleJson.Default.IpnPeers, cancellationToken);

    /// <remarks>Without a port, which would say nothing more and make the answer for an unknown address take 180 ms.</remarks>
    public async Task<WhoIsResponse?> WhoIsAsync(IPAddress peer, CancellationToken cancellationToken)
    {
        try
        {
            var path = $"whois?addr={Uri.EscapeDataString(peer.ToString())}";
            return await GetAsync(path, TailscaleJson.Default.WhoIsResponse, cancellationToken);
        }
        catch (LocalApiException error) when (error.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    public Task SetServeConfigAsync(ServeConfig config, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Post, "serve-config", config, TailscaleJson.Default.ServeConfig, cancellationToken);

    public Task SetWantRunningAsync(bool wantRunning, CancellationToken cancellationToken)
    {
        var prefs = new WantRunningPrefs { WantRunning = wantRunning };
        return WriteAsync(HttpMethod.Patch, "prefs", prefs, TailscaleJson.Default.WantRunningPrefs, cancellationToken);
    }

    public async IAsyncEnumerable<IpnNotify> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await AskAsync(token => SendAsync(HttpMethod.Get, BusPath, null, token));
        await using var body = await AskAsync(response.Content.ReadAsStreamAsync);
        await using var messages = JsonSerializer
            .DeserializeAsyncEnumerable(body, TailscaleJson.Default.IpnNotify, topLevelValues: true, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await AskAsync(_ => messages.MoveNextAsync().AsTask()))
        {
            if (messages.Current is { } message)
            {
                yield return message;
            }
        }

        Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask) =>
            LocalApiClient.AskAsync(BusPath, ask, cancellationToken, cancellationToken);
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        return await AskAsync(
            path,
            async token =>
            {
                using var response = await SendAsync(HttpMethod.Get, path, null, token);
                return await response.Content.ReadFromJsonAsync(type, token) ?? throw new JsonException("the answer is null");
            },
            deadline.Token,
            cancellationToken);
    }

    private async Task WriteAsync<T>(HttpMethod method, string path, T document, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        using var content = JsonContent.Create(document, type);
        using var response = await AskAsync(
            path,
            async token =>
            {
                // With a length, as the command sends it.
                await content.LoadIntoBufferAsync(token);
                return await SendAsync(method, path, content, token);
            },
            deadline.Token,
            cancellationToken);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw new LocalApiException(response.StatusCode, (await response.Content.ReadAsStringAsync(cancellationToken)).Trim());
        }
    }

    // Whatever tailscaled does to a connection becomes one kind of exception; only the caller's cancellation stays what it is.
    private static async Task<T> AskAsync<T>(
        string path, Func<CancellationToken, Task<T>> ask, CancellationToken deadline, CancellationToken caller)
    {
        try
        {
            return await ask(deadline);
        }
        catch (Exception cause) when (cause is not LocalApiException)
        {
            caller.ThrowIfCancellationRequested();
            var reason = cause is OperationCanceledException ? "it took too long" : cause.Message;
            throw new LocalApiException($"tailscaled did not answer {path.Split('?')[0]}: {reason}", cause);
        }
    }

    private CancellationTokenSource Deadline(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(_timeout);
        return source;
    }
}

/// <summary>tailscaled's LocalAPI did not answer, or answered with an error; then the message is tailscaled's own.</summary>
internal sealed class LocalApiException : Exception
{
    public LocalApiException(string message, Exception cause)
        : base(message, cause)
    {
    }

    public LocalApiException(HttpStatusCode status, string message)
        : base(message) => Status = status;

    /// <summary>Null when there was no answer at all.</summary>
    public HttpStatusCode? Status { get; }
}
