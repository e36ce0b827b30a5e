using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Processes;

namespace Dovetail.Tailscale;

/// <summary>Speaks to one tailscaled on its socket. Every call but the bus and certificates has a deadline: a stopped daemon accepts and never answers.</summary>
internal sealed class LocalApiClient : ILocalApi
{
    // 2 state + 4 prefs + 128 health, in the first line too (04-bus/masks.txt).
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
            // Any other Host is refused (10-localapi/request-rules.txt).
            BaseAddress = new Uri("http://local-tailscaled.sock/localapi/v0/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The node's state without its peers; 0.3 ms (11-metrics-and-cost).</summary>
    public Task<IpnStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        GetAsync("status?peers=false", TailscaleJson.Default.IpnStatus, cancellationToken);

    /// <summary>Who is at a tailnet address; null when nobody is known there.</summary>
    /// <remarks>Without a port, which would say nothing more and make the answer for an unknown address take 180 ms (08-whois/calls.txt).</remarks>
    public async Task<WhoIsResponse?> WhoIsAsync(IPAddress peer, CancellationToken cancellationToken)
    {
        try
        {
            return await GetAsync($"whois?addr={Uri.EscapeDataString(peer.ToString())}", TailscaleJson.Default.WhoIsResponse, cancellationToken);
        }
        catch (LocalApiException error) when (error.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Replaces the serve config. Refused with "netMap is nil" until the first netmap after each start.</summary>
    public Task SetServeConfigAsync(ServeConfig config, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Post, "serve-config", config, TailscaleJson.Default.ServeConfig, cancellationToken);

    /// <summary>Says whether the node is meant to be on the tailnet.</summary>
    public Task SetWantRunningAsync(bool wantRunning, CancellationToken cancellationToken) =>
        WriteAsync(HttpMethod.Patch, "prefs", new WantRunningPrefs { WantRunning = wantRunning }, TailscaleJson.Default.WantRunningPrefs, cancellationToken);

    /// <summary>
    /// A certificate and its key in PEM, key first. Cached and valid: at once. Else ordered, which lasts as long as the CA
    /// does; cancelling cancels the order (05-cert/slow-and-concurrent.txt).
    /// </summary>
    /// <param name="domain">One of the status document's CertDomains, to the letter.</param>
    public async Task<string> GetCertificateAsync(string domain, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(
            HttpMethod.Get, $"cert/{Uri.EscapeDataString(domain)}?type=pair", null, cancellationToken, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>What changes in the node, starting with how it stands; ends when tailscaled does. Idle streams are silent.</summary>
    public async IAsyncEnumerable<IpnNotify> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, BusPath, null, cancellationToken, cancellationToken);
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var messages = JsonSerializer.DeserializeAsyncEnumerable(body, TailscaleJson.Default.IpnNotify, topLevelValues: true, cancellationToken);
        await foreach (var message in messages)
        {
            if (message is not null)
            {
                yield return message;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken, deadline.Token);
        try
        {
            return await response.Content.ReadFromJsonAsync(type, deadline.Token)
                ?? throw new JsonException("the answer is null");
        }
        catch (Exception cause) when (!cancellationToken.IsCancellationRequested && cause is not LocalApiException)
        {
            throw NoAnswer(path, cause);
        }
    }

    private async Task WriteAsync<T>(HttpMethod method, string path, T document, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var deadline = Deadline(cancellationToken);
        using var content = JsonContent.Create(document, type);
        // With a length, as the recorded requests have it.
        await content.LoadIntoBufferAsync(cancellationToken);
        using var response = await SendAsync(method, path, content, cancellationToken, deadline.Token);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken caller, CancellationToken deadline)
    {
        HttpResponseMessage response;
        try
        {
            using var request = new HttpRequestMessage(method, path) { Content = content };
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline);
        }
        catch (Exception cause) when (!caller.IsCancellationRequested && cause is HttpRequestException or IOException or OperationCanceledException)
        {
            throw NoAnswer(path, cause);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(deadline);
            throw new LocalApiException(response.StatusCode, text.Trim(), response.Headers.RetryAfter?.Delta);
        }
    }

    private CancellationTokenSource Deadline(CancellationToken cancellationToken)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(_timeout);
        return source;
    }

    private static LocalApiException NoAnswer(string path, Exception cause) =>
        new($"tailscaled did not answer {path.Split('?')[0]}: {cause.Message}", cause);
}
