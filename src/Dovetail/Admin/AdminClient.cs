using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Dovetail.Admin;

/// <summary>Asks a running daemon.</summary>
internal sealed class AdminClient(string socket) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken).ConfigureAwait(false);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    })
    {
        BaseAddress = new Uri("http://dovetail/"),
        Timeout = TimeSpan.FromSeconds(5),
    };

    /// <returns>Null when no daemon answers.</returns>
    public Task<StatusDocument?> GetStatusAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/status", AdminJson.Default.StatusDocument, cancellationToken);

    /// <returns>Null when no daemon answers.</returns>
    public Task<HealthDocument?> GetHealthAsync(CancellationToken cancellationToken) =>
        GetAsync("v1/health", AdminJson.Default.HealthDocument, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<T?> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var answer = await _http.GetAsync(path, cancellationToken).ConfigureAwait(false);
            answer.EnsureSuccessStatusCode();
            var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                return await JsonSerializer.DeserializeAsync(body, type, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception silent) when (silent is HttpRequestException or TaskCanceledException or JsonException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
