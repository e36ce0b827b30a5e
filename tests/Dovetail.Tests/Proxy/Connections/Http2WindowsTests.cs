using System.Buffers.Binary;
using Dovetail.Proxy.Connections;
using Dovetail.Tests.Proxy.Support;

namespace Dovetail.Tests.Proxy.Connections;

public sealed class Http2WindowsTests
{
    private const int InitialWindowSize = 4;
    private const int Settings = 4;
    private const int WindowUpdate = 8;

    [Fact]
    public async Task A_few_connections_have_large_windows_and_many_have_not()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        var open = new List<Stream>();
        for (var i = 0; i < Http2Windows.MaxLarge; i++)
        {
            var (connection, stream, whole) = await OpenAsync(listener);
            open.Add(connection);
            Assert.Equal((Http2Windows.LargeStream, Http2Windows.LargeConnection), (stream, whole));
        }

        var (next, smallStream, smallWhole) = await OpenAsync(listener);
        Assert.InRange(smallStream, 1, 1 << 20);
        Assert.InRange(smallWhole, 1, 1 << 20);

        await next.DisposeAsync();
        foreach (var connection in open)
        {
            await connection.DisposeAsync();
        }

        await Eventually.TrueAsync(() => listener.Metrics.ActiveConnections == 0);
        var (again, stream2, _) = await OpenAsync(listener);
        await again.DisposeAsync();
        Assert.Equal(Http2Windows.LargeStream, stream2);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Opens a connection and reads what the server says of its windows, in bytes.</summary>
    private static async Task<(Stream Connection, int Stream, int Whole)> OpenAsync(TestListener listener)
    {
        var connection = await listener.ConnectTlsAsync("h2");
        await connection.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"u8.ToArray(), Token);
        var (stream, whole) = (65_535, 65_535);
        var head = new byte[9];
        for (var frames = 0; frames < 2; frames++)
        {
            await connection.ReadExactlyAsync(head, Token);
            var content = new byte[(head[0] << 16) | (head[1] << 8) | head[2]];
            await connection.ReadExactlyAsync(content, Token);
            switch (head[3])
            {
                case Settings:
                    for (var i = 0; i < content.Length; i += 6)
                    {
                        stream = BinaryPrimitives.ReadUInt16BigEndian(content.AsSpan(i)) == InitialWindowSize
                            ? BinaryPrimitives.ReadInt32BigEndian(content.AsSpan(i + 2)) : stream;
                    }

                    break;
                case WindowUpdate:
                    whole += BinaryPrimitives.ReadInt32BigEndian(content);
                    break;
            }
        }

        return (connection, stream, whole);
    }
}
