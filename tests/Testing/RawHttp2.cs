using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Dovetail.Testing;

/// <summary>
/// HTTP/2 frame by frame, for what an ordinary client does not do. Header blocks are literals without Huffman coding (RFC 7541).
/// </summary>
public sealed class RawHttp2(Stream stream) : IAsyncDisposable
{
    private const int InTheStaticTable = 0x80;

    // RFC 9113, section 4.2: what every receiver takes.
    private const int MostPayload = 16_384;

    // RFC 7541, appendix A, from index 8 on.
    private static readonly int[] Statuses = [200, 204, 206, 304, 400, 404, 500];

    private static readonly byte[] Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    /// <summary>Sends the preface and settings: no table for header blocks, so that each answer can be read by itself.</summary>
    public static async Task<RawHttp2> StartAsync(Stream stream)
    {
        var connection = new RawHttp2(stream);
        await stream.WriteAsync(Preface, TestContext.Current.CancellationToken);
        await connection.SendAsync(new Http2Frame(Http2Frame.Settings, 0, 0, [0, 1, 0, 0, 0, 0]));
        return connection;
    }

    /// <summary>A request's pseudo-header fields, followed by others.</summary>
    public static (string Name, string Value)[] Request(string path, string authority, params (string Name, string Value)[] fields) =>
        [(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path), .. fields];

    /// <summary>A header block.</summary>
    /// <param name="indexed">True: each field also goes into the receiver's table.</param>
    public static byte[] Block(IEnumerable<(string Name, string Value)> fields, bool indexed = false)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(indexed ? (byte)0x40 : (byte)0);
            AddText(block, name);
            AddText(block, value);
        }

        return [.. block];
    }

    public async Task SendAsync(params Http2Frame[] frames) =>
        await stream.WriteAsync(frames.SelectMany(frame => frame.ToBytes()).ToArray(), TestContext.Current.CancellationToken);

    /// <summary>Sends a header block, in as many frames as it needs.</summary>
    public async Task SendHeadersAsync(int stream, byte[] block, bool endStream = true)
    {
        for (var at = 0; at == 0 || at < block.Length; at += MostPayload)
        {
            var end = Math.Min(at + MostPayload, block.Length);
            var flags = (end == block.Length ? Http2Frame.EndHeaders : 0) | (at == 0 && endStream ? Http2Frame.EndStream : 0);
            await SendAsync(new Http2Frame(at == 0 ? Http2Frame.Headers : Http2Frame.Continuation, (byte)flags, stream, block[at..end]));
        }
    }

    /// <returns>Null at the end of the connection.</returns>
    public async Task<Http2Frame?> ReadAsync()
    {
        try
        {
            var head = new byte[Http2Frame.HeadLength];
            await stream.ReadExactlyAsync(head, TestContext.Current.CancellationToken);
            var payload = new byte[BinaryPrimitives.ReadUInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, TestContext.Current.CancellationToken);
            return new Http2Frame(head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Reads on until such a frame comes.</summary>
    /// <returns>Null when the connection ends first.</returns>
    public async Task<Http2Frame?> ReadUntilAsync(Func<Http2Frame, bool> wanted)
    {
        while (await ReadAsync() is { } frame)
        {
            if (wanted(frame))
            {
                return frame;
            }
        }

        return null;
    }

    /// <summary>Reads an answer to its end. Settings are acknowledged meanwhile.</summary>
    /// <returns>Its status; null: the stream was reset without one, or the connection ended.</returns>
    public async Task<(int? Status, bool HasEnded)> ReadAnswerAsync(int ofStream)
    {
        int? status = null;
        while (await ReadUntilAsync(frame => frame.Stream == ofStream || frame.Type is Http2Frame.Settings or Http2Frame.GoAway) is { } frame)
        {
            switch (frame.Type)
            {
                case Http2Frame.Settings when (frame.Flags & Http2Frame.Ack) == 0:
                    await AcknowledgeAsync();
                    continue;
                case Http2Frame.GoAway:
                    return (status, true);
                case Http2Frame.Reset:
                    return (status, false);
                case Http2Frame.Headers:
                    status ??= StatusOf(frame.Payload) is var one and >= 200 ? one : null;
                    break;
            }

            if (frame.Type is Http2Frame.Headers or Http2Frame.Data && (frame.Flags & Http2Frame.EndStream) != 0)
            {
                return (status, false);
            }
        }

        return (status, true);
    }

    /// <summary>The status that a block of Kestrel's begins with: its first field, without Huffman coding.</summary>
    public static int StatusOf(byte[] block)
    {
        var at = 0;
        while ((block[at] & 0xe0) == 0x20)
        {
            at++;
        }

        return block[at] >= InTheStaticTable
            ? Statuses[(block[at] & 0x7f) - 8]
            : int.Parse(Encoding.ASCII.GetString(block, at + 2, 3), CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task AcknowledgeAsync()
    {
        try
        {
            await SendAsync(new Http2Frame(Http2Frame.Settings, Http2Frame.Ack, 0, []));
        }
        catch (IOException)
        {
            // It has ended; what it said before is still read.
        }
    }

    private static void AddText(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);

        // RFC 7541 section 5.1, with a prefix of 7 bits.
        var rest = bytes.Length;
        if (rest < 127)
        {
            block.Add((byte)rest);
        }
        else
        {
            block.Add(127);
            for (rest -= 127; rest >= 128; rest /= 128)
            {
                block.Add((byte)((rest % 128) + 128));
            }

            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
