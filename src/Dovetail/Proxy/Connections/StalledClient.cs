using Dovetail.Common;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>Ends a connection on which a client has taken nothing of an answer for a long time.</summary>
internal static class StalledClient
{
    /// <param name="after">At most 24 days.</param>
    public static void EndAfter(ConnectionContext connection, TimeSpan after)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            TcpConnection.EndStalledAfter(socket, after);
        }
    }
}
