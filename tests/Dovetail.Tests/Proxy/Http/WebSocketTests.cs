using System.Net.WebSockets;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Http;

public sealed class WebSocketTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Http", "1.1")]
    [InlineData("Http", "2.0")]
    [InlineData("HttpsInsecure", "1.1")]
    [InlineData("HttpsInsecure", "2.0")]
    public async Task A_WebSocket_passes_messages_and_the_close_both_ways(string scheme, string version)
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync, scheme: Enum.Parse<UpstreamScheme>(scheme));
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client(Version.Parse(version));
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"wss://{TestListener.HostName}/ws"), client, Token);
        Assert.Equal("chat", socket.SubProtocol);
        var buffer = new byte[100_000];

        foreach (var size in new[] { 0, 1, 200, 100_000 })
        {
            await socket.SendAsync(new byte[size], WebSocketMessageType.Binary, true, Token);
            var total = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(), Token);
                total += received.Count;
            }
            while (!received.EndOfMessage);

            Assert.Equal(size, total);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Token);
        Assert.Equal("bye", socket.CloseStatusDescription);
        await Eventually.TrueAsync(() => listener.Metrics.ActiveRequests == 0);
    }

    [Fact]
    public async Task Stopping_ends_an_open_WebSocket()
    {
        await using var upstream = await TestUpstream.StartAsync(EchoWebSocketAsync);
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var client = listener.Client();
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("chat");
        await socket.ConnectAsync(new Uri($"wss://{TestListener.HostName}/ws"), client, Token);

        await listener.Listener.StopAsync(TimeSpan.FromMilliseconds(100)).WaitAsync(TimeSpan.FromSeconds(20), Token);

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ReceiveAsync(new byte[1], Token));
    }

    private static async Task EchoWebSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("chat");
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), Token);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, Token);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, Token);
        }
    }
}
