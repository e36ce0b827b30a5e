using System.Buffers;
using System.Net;
using Dovetail.Common;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// What every connection passes before TLS and HTTP: the limits on connections, the right process at the other end, a PROXY protocol
/// header in time. One that fails is closed without a byte and counted.
/// </summary>
internal sealed partial class ConnectionAdmission(
    string service,
    IAllowedProcess allowedProcess,
    SocketOwner sockets,
    ConnectionBudget budget,
    ListenerMetrics metrics,
    ListenerOptions options,
    TimeProvider time,
    ILogger logger)
{
    private readonly LogThrottle _throttle = new(time);

    /// <summary>Lets a connection through to <paramref name="next"/>, which runs while it is open.</summary>
    /// <param name="refuse">Asked at each connection: a reason to close it, or null.</param>
    public async Task OnConnectionAsync(ConnectionContext connection, bool isHttps, Func<RefusalReason?> refuse, ConnectionDelegate next)
    {
        using var lease = budget.Connections.AttemptAcquire();
        if (!lease.IsAcquired)
        {
            Refuse(connection, RefusalReason.TooManyConnections);
            return;
        }

        using var active = metrics.TrackConnection();
        if (refuse() is { } reason)
        {
            Refuse(connection, reason);
            return;
        }

        // 1. The process first: what another process says is not even read.
        if (!IsFromAllowedProcess(connection))
        {
            Refuse(connection, RefusalReason.ForeignProcess);
            return;
        }

        // 2. The header.
        if (await ReadHeaderAsync(connection) is not var (source, destination))
        {
            return;
        }

        // 3. How many connections this peer has.
        if (!budget.TryEnter(source.Address))
        {
            Refuse(connection, RefusalReason.TooManyFromPeer);
            return;
        }

        try
        {
            connection.RemoteEndPoint = source;
            connection.Features.Set(new PeerConnection(source, destination.Address, isHttps));
            await next(connection);
        }
        finally
        {
            budget.Leave(source.Address);
        }
    }

    private bool IsFromAllowedProcess(ConnectionContext connection) =>
        allowedProcess.ProcessId is { } processId
        && connection.RemoteEndPoint is IPEndPoint client
        && connection.LocalEndPoint is IPEndPoint local
        && sockets.IsOwnedBy(client, local, processId);

    private async Task<ProxyProtocolHeader?> ReadHeaderAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        using var timeout = new CancellationTokenSource(options.ProxyHeaderTimeout, time);
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
        metrics.ConnectionRefused(reason);
        connection.Abort();
        if (reason is not (RefusalReason.NoHttps or RefusalReason.NoHttp) && _throttle.TryPass(out var suppressed))
        {
            Log.Refused(logger, service, reason.InWords(), connection.RemoteEndPoint, suppressed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            4101,
            LogLevel.Warning,
            "{Service}: closed a connection from {Source}: {Reason} ({Suppressed} more since the last such line)")]
        public static partial void Refused(ILogger logger, string service, string reason, EndPoint? source, int suppressed);
    }
}

/// <summary>Tells which process may connect to a listener.</summary>
internal interface IAllowedProcess
{
    /// <summary>Process id of the node's tailscaled; null while none runs, and then every connection is refused.</summary>
    int? ProcessId { get; }
}

/// <summary>What the listener knows of a connection; a connection feature.</summary>
/// <param name="Source">The peer's address and port on the tailnet.</param>
/// <param name="Destination">The node's address that the peer has connected to.</param>
/// <param name="IsHttps">Whether it came to the HTTPS port.</param>
internal sealed record PeerConnection(IPEndPoint Source, IPAddress Destination, bool IsHttps);
