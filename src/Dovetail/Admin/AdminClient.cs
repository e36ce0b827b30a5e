using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dovetail.Processes;

namespace Dovetail.Admin;

/// <summary>The daemon's answer to a command.</summary>
/// <param name="Done">Whether the command was carried out.</param>
/// <param name="Text">The result or the reason, for a person; may be empty.</param>
internal sealed record AdminAnswer(bool Done, string Text);

/// <summary>Talks to a running daemon. One that does not answer is a null; only the cancellation of a call throws.</summary>
/// <param name="socket">The daemon's admin socket.</param>
internal sealed class AdminClient(string socket) : IDisposable
{
    // Shorter than the timeout of the image's HEALTHCHECK (5 s), which would end the command before it has said why.
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(4);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (_, cancellationToken) => UnixSocket.ConnectAsync(socket, cancellationToken),
    })
    {
        BaseAddress = new Uri("http://dovetail/"),
        // Forgetting a service waits for its tailscaled and for the control server.
        Timeout = TimeSpan.FromSeconds(90),
    };

    /// <returns>Null when no daemon answers.</returns>
    public Task<StatusDocument?> GetStatusAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/status", AdminJson.Default.StatusDocument, cancellationToken);

    /// <returns>Null when no daemon answers.</returns>
    public Task<HealthDocument?> GetHealthAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/health", AdminJson.Default.HealthDocument, cancellationToken);

    /// <returns>Null when no daemon answers.</returns>
    public Task<StatesDocument?> GetStatesAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/states", AdminJson.Default.StatesDocument, cancellationToken);

    /// <summary>Sends a test to every receiver of notifications.</summary>
    /// <returns>How each answered; null when no daemon answers.</returns>
    public Task<AdminAnswer?> NotifyAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, "v1/notify", cancellationToken);

    /// <summary>Starts a service's tailscaled anew.</summary>
    /// <returns>The daemon's answer; null when none answers.</returns>
    public Task<AdminAnswer?> RestartAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, $"v1/services/{Uri.EscapeDataString(name)}/restart", cancellationToken);

    /// <summary>Logs a service's machine out and removes its state.</summary>
    /// <returns>The daemon's answer; null when none answers.</returns>
    public Task<AdminAnswer?> ForgetAsync(string name, bool force, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"v1/services/{Uri.EscapeDataString(name)}{(force ? "?force" : "")}", cancellationToken);

    /// <summary>Copies the log of a service's tailscaled.</summary>
    /// <param name="follow">Goes on with what is written from now on, until cancelled.</param>
    /// <returns>Without a text when the log was copied; null when no daemon answers.</returns>
    public async Task<AdminAnswer?> CopyLogAsync(string name, bool follow, TextWriter output, CancellationToken cancellationToken)
    {
        try
        {
            var path = $"v1/services/{Uri.EscapeDataString(name)}/log{(follow ? "?follow" : "")}";
            using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return new AdminAnswer(false, (await answer.Content.ReadAsStringAsync(cancellationToken)).Trim());
            }

            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellationToken));
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                await output.WriteLineAsync(line.AsMemory(), cancellationToken);
            }

            return new AdminAnswer(true, "");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new AdminAnswer(true, "");
        }
        catch (Exception silent) when (silent is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<AdminAnswer?> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using var answer = await _http.SendAsync(request, cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            return new AdminAnswer(answer.IsSuccessStatusCode, text.Trim());
        }
        catch (Exception silent) when (!cancellationToken.IsCancellationRequested
            && silent is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(ReadDeadline);
        try
        {
            using var answer = await _http.GetAsync(path, deadline.Token);
            answer.EnsureSuccessStatusCode();
            await using var body = await answer.Content.ReadAsStreamAsync(deadline.Token);
            return await JsonSerializer.DeserializeAsync(body, type, deadline.Token);
        }
        catch (Exception silent) when (!cancellationToken.IsCancellationRequested
            && silent is HttpRequestException or IOException or OperationCanceledException or JsonException)
        {
            return null;
        }
    }
}
