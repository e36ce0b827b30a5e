using System.Text;
using Dovetail.EndToEndTests.Harness;
using TestBackend;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>A peer that asks for much and takes nothing of it, as one does that has vanished.</summary>
public sealed class StalledPeerTests(Engine engine) : EndToEndTest(engine)
{
    private const byte WindowUpdate = 8;
    private const string Path = "/give?size=2000000000&id=stalled";

    [Theory(Timeout = 180_000)]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    public async Task Its_request_ends_at_the_container_after_the_time_that_is_set(string protocol)
    {
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_STALL_TIMEOUT"] = "2s" });
        using var service = await StreamService.RunAsync(this, "large", cancellation: Cancellation);
        await daemon.ReadyAsync(service.Name);
        await Eventually.GetAsync(
            token => peer.Http().GetStringAsync($"https://{peer.NameOf(service.Name)}/", token), _ => true, "the page");

        await using var connection = await peer.SecureAsync(peer.NameOf(service.Name), Cancellation, protocol);
        if (protocol == "h2")
        {
            // With windows as large as they can be: it is the connection that takes nothing.
            var frames = await RawHttp2.StartAsync(connection);
            await frames.SendAsync(
                new Http2Frame(Http2Frame.Settings, 0, 0, [0, 4, 0x7f, 0xff, 0xff, 0xff]), new Http2Frame(WindowUpdate, 0, 0, [0x7f, 0, 0, 0]));
            await frames.SendHeadersAsync(1, RawHttp2.Block(RawHttp2.Request(Path, "large")));
        }
        else
        {
            await connection.WriteAsync(Encoding.ASCII.GetBytes($"GET {Path} HTTP/1.1\r\nHost: large\r\n\r\n"), Cancellation);
        }

        await Eventually.GetAsync(
            token => service.SeenAsync("stalled", token), static seen => seen.State == Exchange.Aborted, "the container to be told that nobody reads");
    }
}
