using System.Net.WebSockets;
using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// Exchanges that are slow or silent for longer than any default limit on the way (100 s in YARP, 130 s for an idle connection), all at
/// once, so that the waiting costs its time once. Each has a connection of its own.
/// </summary>
public sealed class SlowExchanges(Engine engine) : SharedStage(engine)
{
    public const int Rate = 50_000;
    public const int PausedUpload = 1_000_000;

    // More than all sockets on the way take in: a reader that pauses stops the backend.
    public const int PausedDownload = 200_000_000;

    private const int TcpPort = 5000;

    /// <summary>How long they are silent, or slow.</summary>
    public static readonly TimeSpan Silence = TestSettings.Full ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(150);

    // A kernel whose reader pauses may drop what came last; the sender then tries again after two minutes at the latest (TCP_RTO_MAX).
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, Task<string>> _exchanges = [];
    private readonly CancellationTokenSource _end = new(Silence + Grace);
    private StreamService _service = null!;
    private TailnetPeer _peer = null!;

    /// <summary>What is sent in the whole time at <see cref="Rate"/>.</summary>
    public static long Steadily => Rate * (long)Silence.TotalSeconds;

    internal DovetailDaemon Daemon { get; private set; } = null!;

    private string Url => $"https://{_peer.NameOf(_service.Name)}";

    protected override async Task SetUpAsync()
    {
        // By default a client that takes nothing for two minutes is let go.
        Daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_STALL_TIMEOUT"] = "1h" });
        _service = await StreamService.RunAsync(
            this, "slow", new Dictionary<string, string> { [$"tcp.{TcpPort}"] = "81" }, Cancellation);
        _peer = await PeerAsync();
        await Daemon.ReadyAsync(_service.Name);

        foreach (var version in (string[])["1.1", "2.0"])
        {
            foreach (var known in (bool[])[true, false])
            {
                Begin($"upload {known}", version, (client, _) => UploadAsync(client, new PatternContent(Steadily, Rate, known)));
                Begin(
                    $"download {known}",
                    version,
                    (client, _) => DownloadAsync(client, $"size={Steadily}&rate={Rate}&length={(known ? "yes" : "no")}"));
            }

            Begin("read slowly", version, (client, _) => DownloadAsync(client, $"size={Steadily}", Rate));
            Begin("paused upload", version, (client, _) => UploadAsync(client, new PatternContent(PausedUpload, half: SilenceAsync)));
            Begin("paused download", version, PausedDownloadAsync);
            Begin("late answer", version, LateAnswerAsync);
            Begin("events", version, EventsAsync);
            Begin("WebSocket", version, WebSocketAsync);
        }

        Begin("raw TCP", "", (_, _) => RawAsync());
    }

    public override async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_exchanges.Values.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _service?.Dispose();
        _end.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>What the client has got at the end of an exchange.</summary>
    /// <exception cref="IOException">It was cut.</exception>
    internal Task<string> ResultAsync(string what, string version = "") => _exchanges[what + version];

    private void Begin(string what, string version, Func<HttpClient, string, Task<string>> exchange)
    {
        var client = _peer.Http(version == "" ? null : Version.Parse(version));
        client.Timeout = Timeout.InfiniteTimeSpan;
        var id = Guid.NewGuid().ToString("N");
        _exchanges.Add(what + version, Task.Run(() => exchange(client, id)));
    }

    private Task SilenceAsync() => Task.Delay(Silence, _end.Token);

    private Task<string> UploadAsync(HttpClient client, HttpContent body) => Transfers.UploadAsync(client, $"{Url}/take", body, _end.Token);

    private Task<string> DownloadAsync(HttpClient client, string query, int rate = 0) =>
        Transfers.DownloadAsync(client, $"{Url}/give?{query}", _end.Token, rate);

    private Task<string> PausedDownloadAsync(HttpClient client, string id) => Transfers.DownloadAsync(
        client, $"{Url}/give?id={id}&size={PausedDownload}", _end.Token, pauseAfter: 1, pause: async () =>
        {
            await SilenceAsync();
            var (state, bytes) = await _service.SeenAsync(id, _end.Token);
            if (state != TestBackend.Exchange.Running)
            {
                throw new InvalidOperationException($"The backend did not have to wait for the reader: {state} after {bytes} bytes.");
            }
        });

    private async Task<string> LateAnswerAsync(HttpClient client, string id)
    {
        var answer = client.GetStringAsync($"{Url}/late?id={id}", _end.Token);
        await Task.WhenAny(answer, SilenceAsync());
        await _service.SayAsync(id, _end.Token);
        return await answer;
    }

    // The backend says nothing more until the test tells it to: the first event has come while the answer was open.
    private async Task<string> EventsAsync(HttpClient client, string id)
    {
        await using var events = await client.GetStreamAsync($"{Url}/events?id={id}", _end.Token);
        using var reader = new StreamReader(events);
        var first = await reader.ReadLineAsync(_end.Token);
        await SilenceAsync();
        await _service.SayAsync(id, _end.Token);
        return $"{first} {(await reader.ReadToEndAsync(_end.Token)).Trim()}";
    }

    private async Task<string> WebSocketAsync(HttpClient client, string id)
    {
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = client.DefaultRequestVersion;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        await socket.ConnectAsync(new Uri($"wss://{_peer.NameOf(_service.Name)}/socket"), client, _end.Token);
        var before = await EchoAsync(socket, "before");
        await SilenceAsync();
        return $"{before} {await EchoAsync(socket, "after")}";
    }

    private async Task<string> EchoAsync(ClientWebSocket socket, string say)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(say), WebSocketMessageType.Text, true, _end.Token);
        var buffer = new byte[100];
        var message = await socket.ReceiveAsync(buffer, _end.Token);
        return Encoding.UTF8.GetString(buffer, 0, message.Count);
    }

    private async Task<string> RawAsync()
    {
        await using var stream = await _peer.ConnectAsync(_peer.NameOf(_service.Name), TcpPort, _end.Token);
        var before = await EchoAsync(stream, "before");
        await SilenceAsync();
        return $"{before} {await EchoAsync(stream, "after")}";
    }

    private async Task<string> EchoAsync(Stream stream, string say)
    {
        var bytes = Encoding.UTF8.GetBytes(say);
        await stream.WriteAsync(bytes, _end.Token);
        await stream.ReadExactlyAsync(bytes, _end.Token);
        return Encoding.UTF8.GetString(bytes);
    }
}
