using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Transport;

public sealed class SecureTransportTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_large_answer_fills_whole_TLS_records()
    {
        var body = new byte[1_000_000];
        await using var upstream = await TestUpstream.StartAsync(
            async context =>
            {
                context.Response.ContentLength = body.Length;
                await context.Response.Body.WriteAsync(body, TestContext.Current.CancellationToken);
            });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        TlsRecords? records = null;
        await using var stream = await listener.ConnectTlsAsync(below: connection => records = new TlsRecords(connection));

        await RawHttp.ExchangeAsync(stream, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n");

        Assert.InRange(records!.Longest, 16 * 1024, 17 * 1024);
    }
}
