using System.Buffers;
using Dovetail.Proxy.Model;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Connections;

/// <summary>
/// Refuses the certificate authority's own handshake before it is answered (RFC 8737: ALPN <c>acme-tls/1</c>). With Funnel, tailscaled
/// 1.100 and newer let the authority try it before DNS, and it comes through to the listener, which has nothing to answer it with.
/// </summary>
/// <remarks>Nothing is consumed: TLS reads the same bytes.</remarks>
internal static class AcmeChallenge
{
    private const byte HandshakeRecord = 22;
    private const int RecordHead = 5;

    // A ClientHello is longer only with more key shares than anybody sends.
    private const int Longest = 16 * 1024;

    // As it stands in the extension (RFC 7301 section 3.1): its length, then its name.
    private static ReadOnlySpan<byte> Protocol => "\u000aacme-tls/1"u8;

    /// <summary>Lets every other connection through to <paramref name="next"/>.</summary>
    /// <param name="patience">How long the first record may take.</param>
    public static async Task OnConnectionAsync(
        ConnectionContext connection, ListenerMetrics metrics, TimeSpan patience, TimeProvider time, ConnectionDelegate next)
    {
        if (await IsChallengeAsync(connection, patience, time) is not { } isChallenge)
        {
            connection.Abort();
            return;
        }

        if (isChallenge)
        {
            metrics.ConnectionRefused(RefusalReason.AcmeChallenge);
            connection.Abort();
            return;
        }

        await next(connection);
    }

    /// <returns>Null: nothing came.</returns>
    private static async Task<bool?> IsChallengeAsync(ConnectionContext connection, TimeSpan patience, TimeProvider time)
    {
        var input = connection.Transport.Input;
        using var timeout = new CancellationTokenSource(patience, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, connection.ConnectionClosed);
        try
        {
            while (true)
            {
                var result = await input.ReadAsync(linked.Token);
                var verdict = Look(result.Buffer);
                if (verdict is not null || result.IsCompleted || result.IsCanceled)
                {
                    // Unexamined, so that whoever reads next does not wait for more.
                    input.AdvanceTo(result.Buffer.Start);
                    return verdict ?? false;
                }

                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or ConnectionResetException)
        {
            return null;
        }
    }

    /// <returns>Null: the record is not there yet.</returns>
    private static bool? Look(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < RecordHead)
        {
            return null;
        }

        Span<byte> head = stackalloc byte[RecordHead];
        buffer.Slice(0, RecordHead).CopyTo(head);
        var length = RecordHead + ((head[3] << 8) | head[4]);
        if (head[0] != HandshakeRecord || length > Longest)
        {
            return false;
        }

        if (buffer.Length < length)
        {
            return null;
        }

        var record = buffer.Slice(0, length);
        return (record.IsSingleSegment ? record.FirstSpan : record.ToArray()).IndexOf(Protocol) >= 0;
    }
}
