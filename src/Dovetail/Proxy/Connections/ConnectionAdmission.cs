using System.Buffers;
using System.Net;
using Dovetail.Common;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// What every connection passes before TLS and HTTP: room for it, the right process at the other end, a PROXY protocol
/// header in time. Whoever fails is closed without a byte and counted.
/// </summary>
internal sealed partial class ConnectionAdmission(
    string service,
    IAllowedProcess owner,
    SocketOwner sockets,
    ConnectionBudget budget,
    ListenerCounters counters,
    ListenerOptions limits,
    TimeProvider time,
    ILogger logger)
{
    private readonly LogThrottle _throttle = new(time);

    /// <summary>Lets a connection through to <paramref name="next"/>, which runs while it is open.</summary>
    /// <param name="refuse">Asked at each connection: a reason to close it, or null.</param>
    public async Task OnConnectionAsync(ConnectionContext connection, bool isHttps, Func<RefusalReason?> refuse, ConnectionDelegate next)
    {
        if (!budget.TryEnter())
        {
            Refuse(connection, RefusalReason.TooManyConnections);
            return;
        }

        try
        {
            if (refuse() is { } reason)
            {
                Refuse(connection, reason);
                return;
            }

            // 1. The process first: what another process says is not even read.
            if (!IsOwned(connection))
            {
                Refuse(connection, RefusalReason.ForeignProcess);
                return;
            }

            // 2. The header.
            var header = await ReadHeaderAsync(connection);
            if (header is null)
            {
                return;
            }

            // 3. Room for this peer.
            var source = header.Source;
            if (!budget.TryEnter(source.Address))
            {
                Refuse(connection, RefusalReason.TooManyFromPeer);
                return;
            }

            try
            {
                connection.RemoteEndPoint = source;
                connection.Features.Set(new PeerConnection(source, isHttps));
                await next(connection);
            }
            finally
            {
                budget.Leave(source.Address);
            }
        }
        finally
        {
            budget.Leave();
        }
    }

    private bool IsOwned(ConnectionContext connection) =>
        owner.ProcessId is { } processId
        && connection.RemoteEndPoint is IPEndPoint client
        && connection.LocalEndPoint is IPEndPoint local
        && sockets.IsOwnedBy(client, local, processId);

    private async Task<ProxyProtocolHeader?> ReadHeaderAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var timeout = new CancellationTokenSource(limits.ProxyHeaderTimeout, time);
        var closing = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;

        // Not ConnectionClosed: it fires at the client's half-close too, when the header may be here and unread.
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, closing);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(linked.Token);
                var status = Parse(result.Buffer, out var header, out var length);
                if (status == ProxyProtocolStatus.Accepted)
                {
                    input.AdvanceTo(result.Buffer.GetPosition(length));
                    return header;
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                if (status == ProxyProtocolStatus.Refused || result.IsCompleted || result.IsCanceled)
                {
                    Refuse(connection, RefusalReason.BadProxyHeader);
                    return null;
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (timeout.IsCancellationRequested)
            {
                Refuse(connection, RefusalReason.SlowProxyHeader);
            }

            // Otherwise the listener stops.
            connection.Abort();
            return null;
        }
        catch (ConnectionResetException)
        {
            Refuse(connection, RefusalReason.BadProxyHeader);
            return null;
        }
    }

    private static ProxyProtocolStatus Parse(in ReadOnlySequence<byte> buffer, out ProxyProtocolHeader? header, out int length)
    {
        if (buffer.FirstSpan.Length >= ProxyProtocolHeader.MaxLength || buffer.IsSingleSegment)
        {
            return ProxyProtocolHeader.TryParse(buffer.FirstSpan, out header, out length);
        }

        Span<byte> start = stackalloc byte[(int)Math.Min(buffer.Length, ProxyProtocolHeader.MaxLength)];
        buffer.Slice(0, start.Length).CopyTo(start);
        return ProxyProtocolHeader.TryParse(start, out header, out length);
    }

    private void Refuse(ConnectionContext connection, RefusalReason reason)
    {
        counters.ConnectionRefused(reason);
        connection.Abort();
        if (reason is not (RefusalReason.NoHttps or RefusalReason.NoHttp) && _throttle.TryPass(out var suppressed))
        {
            Log.Refused(logger, service, reason, connection.RemoteEndPoint, suppressed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4101, LogLevel.Warning, "{Service}: closed a connection from {Source}: {Reason} ({Suppressed} more since the last such line)")]
        public static partial void Refused(ILogger logger, string service, RefusalReason reason, EndPoint? source, int suppressed);
    }
}
