using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// How much of request bodies an HTTP/2 client may send ahead. At a round trip of 100 ms Kestrel's defaults bound an upload to a third of what
/// HTTP/1.1 reaches. What is sent ahead and not read is held in memory, so only a few connections at a time get more, and a peer with
/// many gets no more than before.
/// </summary>
/// <param name="limits">Read by Kestrel when a connection begins.</param>
internal sealed class Http2Windows(Http2Limits limits)
{
    /// <summary>How many connections of the daemon have large windows; each may hold <see cref="LargeConnection"/> bytes.</summary>
    public const int MaxLarge = 32;

    /// <summary>Bytes that may be under way on one stream.</summary>
    public const int LargeStream = 8 << 20;

    /// <summary>Bytes that may be under way on all streams of a connection.</summary>
    public const int LargeConnection = 16 << 20;

    private readonly int _smallStream = limits.InitialStreamWindowSize;
    private readonly int _smallConnection = limits.InitialConnectionWindowSize;
    private int _open;

    /// <summary>A step of a connection of HTTP/2, the last before Kestrel.</summary>
    public async Task UseAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        // Two that begin at once may be given each other's; there are never many more large ones than allowed.
        Choose(Interlocked.Increment(ref _open) <= MaxLarge);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private void Choose(bool large)
    {
        // The window of a connection is never below that of a stream.
        limits.InitialStreamWindowSize = large ? LargeStream : _smallStream;
        limits.InitialConnectionWindowSize = large ? LargeConnection : _smallConnection;
    }
}
