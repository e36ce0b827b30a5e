using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;

namespace FakeTailscale.DataPath;

/// <summary>
/// Copies between an ordinary socket and a tunnel. On the tunnel, data comes in frames of a type byte and a length of three bytes, so that
/// the end of a stream can be told from the death of the other daemon. A silent connection holds no buffer.
/// </summary>
internal static class TunnelPump
{
    private const int HeaderSize = 4;
    private const int BufferSize = 64 * 1024;
    private const byte DataFrame = 0;
    private const byte FinishFrame = 1;
    private const byte ResetFrame = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Reads the socket and writes frames, with a last frame for its end.</summary>
    /// <param name="source">Read to its end, or until stopped.</param>
    /// <param name="tunnel">A frame once begun is always finished, also when stopped.</param>
    /// <param name="gate">Holds everything up while the node is down.</param>
    /// <param name="stopReading">Ends the stream as if the source had ended.</param>
    public static async Task<StreamEnd> ToTunnelAsync(Socket source, Socket tunnel, DataGate gate, CancellationToken stopReading)
    {
        byte[]? buffer = null;
        try
        {
            while (true)
            {
                int read = 0;
                byte end = FinishFrame;
                try
                {
                    if (source.Available == 0)
                    {
                        Return(ref buffer);
                        await source.ReceiveAsync(Memory<byte>.Empty, stopReading);
                    }

                    buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
                    read = await source.ReceiveAsync(buffer.AsMemory(HeaderSize, BufferSize - HeaderSize), stopReading);
                    await gate.WaitAsync(stopReading);
                }
                catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
                {
                    read = 0;
                }
                catch (SocketException)
                {
                    end = ResetFrame;
                }

                if (read == 0)
                {
                    await SendAsync(tunnel, Header(end), CancellationToken.None);
                    return end == ResetFrame ? StreamEnd.Reset : StreamEnd.Finished;
                }

                BinaryPrimitives.WriteInt32BigEndian(buffer, read);
                await SendAsync(tunnel, buffer.AsMemory(0, HeaderSize + read), CancellationToken.None);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            return StreamEnd.Unwanted;
        }
        finally
        {
            Return(ref buffer);
        }
    }

    /// <summary>Reads frames and writes what they carry to the socket; does not end the socket's own stream.</summary>
    public static async Task<StreamEnd> FromTunnelAsync(Socket tunnel, Socket target, DataGate gate, CancellationToken cancellation)
    {
        byte[]? buffer = null;
        byte[] header = new byte[HeaderSize];
        int inHeader = 0;
        int left = 0;
        try
        {
            while (true)
            {
                int read;
                try
                {
                    if (tunnel.Available == 0)
                    {
                        Return(ref buffer);
                        await tunnel.ReceiveAsync(Memory<byte>.Empty, cancellation);
                    }

                    buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
                    read = await tunnel.ReceiveAsync(buffer.AsMemory(0, BufferSize), cancellation);
                }
                catch (SocketException)
                {
                    return StreamEnd.Lost;
                }

                if (read == 0)
                {
                    return StreamEnd.Lost;
                }

                await gate.WaitAsync(cancellation);
                int position = 0;
                while (position < read)
                {
                    if (left > 0)
                    {
                        int take = Math.Min(left, read - position);
                        await SendAsync(target, buffer.AsMemory(position, take), cancellation);
                        position += take;
                        left -= take;
                        continue;
                    }

                    header[inHeader++] = buffer[position++];
                    if (inHeader < HeaderSize)
                    {
                        continue;
                    }

                    inHeader = 0;
                    switch (header[0])
                    {
                        case FinishFrame:
                            return StreamEnd.Finished;
                        case ResetFrame:
                            return StreamEnd.Reset;
                        default:
                            left = BinaryPrimitives.ReadInt32BigEndian(header);
                            break;
                    }
                }
            }
        }
        catch (SocketException)
        {
            return StreamEnd.Unwanted;
        }
        finally
        {
            Return(ref buffer);
        }
    }

    /// <summary>Waits for pumps that were told to stop; a tunnel that nobody reads any more is given up.</summary>
    public static async Task SettleAsync(Socket tunnel, params Task[] pumps)
    {
        Task all = Task.WhenAll(pumps);
        try
        {
            await all.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            tunnel.Dispose();
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Ends the stream to the peer.</summary>
    public static async Task FinishAsync(Socket tunnel)
    {
        try
        {
            await SendAsync(tunnel, Header(FinishFrame), CancellationToken.None);
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
        }
    }

    public static async Task SendAsync(Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellation)..];
        }
    }

    private static byte[] Header(byte type) => [type, 0, 0, 0];

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = null;
        }
    }
}

/// <summary>How one direction of a connection ended.</summary>
internal enum StreamEnd
{
    /// <summary>The sender is done (FIN).</summary>
    Finished,

    /// <summary>The sender's connection broke (RST).</summary>
    Reset,

    /// <summary>The daemon at the other end is gone, without a word.</summary>
    Lost,

    /// <summary>The receiver is gone.</summary>
    Unwanted,
}
