using System.Net.Sockets;
using System.Text.Json;

namespace LoadBench.Stages;

/// <summary>
/// A Dovetail of one scenario's own. Its state outlives it: the next of the same name finds its nodes again. Disposing ends it.
/// </summary>
/// <param name="stateDirectory">Where its nodes keep what they are.</param>
internal sealed class OwnDaemon(DovetailDaemon daemon, string stateDirectory, string runtimeDirectory) : IAsyncDisposable
{
    public int ProcessId => daemon.ProcessId;

    public string StateOf(string node) => Path.Combine(stateDirectory, node);

    /// <summary>Waits until so many services answer requests.</summary>
    public async Task ReadyAsync(int services) => await daemon.StatusAsync(
        status => status.Docker.Connected && status.Services.Count(service => service is { State: "Ready", Upstreams.Count: > 0 }) >= services,
        $"{services} services to be Ready", TimeSpan.FromMinutes(10));

    /// <summary>Waits until the first listing has become services.</summary>
    /// <remarks>Over the admin socket itself: to start the command line client would take longer than the wait.</remarks>
    public async Task ReconciledAsync(CancellationToken cancellation)
    {
        var path = Path.Combine(runtimeDirectory, "dovetail.sock");
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Eventually.Deadline);
        while (!File.Exists(path) || !await IsReconciledAsync(http, limit.Token))
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(1, limit.Token);
        }
    }

    public ValueTask DisposeAsync() => daemon.DisposeAsync();

    private static async Task<bool> IsReconciledAsync(HttpClient http, CancellationToken cancellation)
    {
        try
        {
            using var status = JsonDocument.Parse(await http.GetStreamAsync("http://dovetail/v1/status", cancellation));
            return status.RootElement.GetProperty("services").GetArrayLength() > 0;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }
}
