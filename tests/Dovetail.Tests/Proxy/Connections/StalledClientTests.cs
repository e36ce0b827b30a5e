using System.Text;
using Dovetail.Proxy.Model;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class StalledClientTests
{
    private static readonly ListenerOptions Options = new() { StallTimeout = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_takes_nothing_of_its_answer_is_let_go(bool tls)
    {
        var cut = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            using var gone = context.RequestAborted.Register(() => cut.TrySetResult());
            var piece = new byte[64 * 1024];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: tls, options: Options);
        await using Stream stream = tls ? await listener.ConnectTlsAsync() : await listener.ConnectAsync(listener.Listener.Ports.Http);
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\n\r\n"u8.ToArray(), Token);

        // It reads nothing.
        await cut.Task.WaitAsync(TimeSpan.FromSeconds(60), Token);
        await Eventually.TrueAsync(() => listener.Metrics is { ActiveRequests: 0, ActiveConnections: 0 });
    }

    [Fact]
    public async Task A_slow_one_and_an_idle_one_are_not()
    {
        const int Size = 4_000_000;
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.Response.ContentLength = Size;
            await context.Response.Body.WriteAsync(new byte[Size], Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream), https: false, options: Options);
        await using var idle = await listener.ConnectAsync(listener.Listener.Ports.Http);
        await using var slow = await listener.ConnectAsync(listener.Listener.Ports.Http);
        await slow.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n"u8.ToArray(), Token);

        var received = 0;
        var buffer = new byte[100_000];
        for (var began = Environment.TickCount64; Environment.TickCount64 - began < 12_000;)
        {
            received += await slow.ReadAsync(buffer, Token);
            await Task.Delay(100, Token);
        }

        while (await slow.ReadAsync(buffer, Token) is var read and > 0)
        {
            received += read;
        }

        await idle.WriteAsync("GET / HTTP/1.1\r\nHost: web\r\n\r\n"u8.ToArray(), Token);
        Assert.InRange(received, Size, Size + 1000);
        Assert.Contains("200 OK", Encoding.ASCII.GetString(buffer, 0, await idle.ReadAsync(buffer, Token)));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;
}
