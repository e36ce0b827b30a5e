using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>
/// The Engine's API without its command line: for labels that are too long for an argument list, and for many containers in a short time.
/// </summary>
internal sealed class EngineApi : IDisposable
{
    private static readonly string[] Variables = ["GREETING=Hello"];

    private readonly Engine _engine;
    private readonly HttpClient _http;

    public EngineApi(Engine engine)
    {
        _engine = engine;
        var target = new UnixDomainSocketEndPoint(new Uri(engine.Host).LocalPath);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(target, cancellation);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://docker"),
        };
    }

    /// <summary>Makes a container of the test image without starting it.</summary>
    /// <param name="labels">Full label names and values.</param>
    /// <returns>Its id.</returns>
    public async Task<string> CreateAsync(IReadOnlyDictionary<string, string> labels, CancellationToken cancellation)
    {
        using var answer = await _http.PostAsJsonAsync(
            "/containers/create",
            new Dictionary<string, object>
            {
                ["Image"] = await _engine.ImageAsync(cancellation),
                ["StopSignal"] = "KILL",
                ["Env"] = Variables,
                ["Labels"] = new Dictionary<string, string>(labels) { [_engine.Mark] = "" },
            },
            cancellation);
        var said = await answer.Content.ReadAsStringAsync(cancellation);
        Assert.True(answer.IsSuccessStatusCode, said);
        return JsonDocument.Parse(said).RootElement.GetProperty("Id").GetString()!;
    }

    public async Task StartAsync(string id, CancellationToken cancellation)
    {
        using var answer = await _http.PostAsync($"/containers/{id}/start", null, cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellation));
    }

    public async Task RemoveAsync(string id, CancellationToken cancellation)
    {
        using var answer = await _http.DeleteAsync($"/containers/{id}?force=1", cancellation);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellation));
    }

    public void Dispose() => _http.Dispose();
}
