using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Decides what the end of a client's sending means. Kestrel takes it for the end of the connection and cuts the answer off; for a
/// connection in plain text that has become a tunnel it is one direction only, and the client may wait for the rest of the other. Within
/// TLS one direction ends by a message, and the end of the connection below it is that of a client that is gone.
/// </summary>
internal sealed class ConnectionEnd(CancellationTokenSource closed)
{
    private volatile bool _isTunnel;

    /// <summary>
    /// From now on the end of one direction leaves the other alone. A connection that breaks fails reads and writes all the same.
    /// </summary>
    public void BecomeTunnel() => _isTunnel = true;

    /// <summary>A step of a connection in plain text, before everything that looks at its end; sets the feature of this type.</summary>
    public static async Task UseAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using var closed = new CancellationTokenSource();
        var end = new ConnectionEnd(closed);
        var original = connection.ConnectionClosed;
        using var registration = original.UnsafeRegister(static state => ((ConnectionEnd)state!).Close(), end);
        connection.ConnectionClosed = closed.Token;
        connection.Features.Set(end);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.ConnectionClosed = original;
        }
    }

    private void Close()
    {
        if (!_isTunnel)
        {
            closed.Cancel();
        }
    }
}
