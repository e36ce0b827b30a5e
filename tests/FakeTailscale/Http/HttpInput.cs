using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FakeTailscale.Http;

/// <summary>Reads lines, counted bodies and chunks from a socket.</summary>
internal sealed class HttpInput(Socket socket)
{
    private byte[] _buffer = new byte[2048];
    private int _start;
    private int _end;

    public bool HasBuffered => _end > _start;

    /// <summary>A line without its end; null at the end of the stream.</summary>
    public async ValueTask<string?> ReadLineAsync(CancellationToken cancellation)
    {
        int searched = _start;
        while (true)
        {
            int newline = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                int end = searched + newline;
                string line = Encoding.UTF8.GetString(_buffer.AsSpan(_start, end - _start)).TrimEnd('\r');
                _start = end + 1;
                return line;
            }

            int pending = _end - _start;
            if (!await FillAsync(cancellation))
            {
                return null;
            }

            searched = _start + pending;
        }
    }

    /// <exception cref="EndOfStreamException">The stream ended before.</exception>
    public async ValueTask<byte[]> ReadExactlyAsync(int count, CancellationToken cancellation)
    {
        byte[] body = new byte[count];
        int done = 0;
        while (done < count)
        {
            if (!HasBuffered && !await FillAsync(cancellation))
            {
                throw new EndOfStreamException();
            }

            int take = Math.Min(count - done, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(body.AsSpan(done));
            _start += take;
            done += take;
        }

        return body;
    }

    public async ValueTask<byte[]> ReadToEndAsync(CancellationToken cancellation)
    {
        MemoryStream all = new();
        do
        {
            all.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync(cancellation));

        return all.ToArray();
    }

    /// <summary>The next chunk; empty at the final one; null when the stream ended without it.</summary>
    public async ValueTask<byte[]?> ReadChunkAsync(CancellationToken cancellation)
    {
        if (await ReadLineAsync(cancellation) is not { } size)
        {
            return null;
        }

        if (!int.TryParse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int length))
        {
            throw new InvalidDataException("bad chunk size");
        }

        byte[] chunk = length == 0 ? [] : await ReadExactlyAsync(length, cancellation);
        _ = await ReadLineAsync(cancellation);
        return chunk;
    }

    public async ValueTask<HttpHeaders> ReadHeadersAsync(CancellationToken cancellation)
    {
        HttpHeaders headers = new();
        while (await ReadLineAsync(cancellation) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
            {
                headers.Add(line[..colon], line[(colon + 1)..].Trim());
            }
        }

        return headers;
    }

    /// <summary>The body that the header announces.</summary>
    public async ValueTask<byte[]> ReadBodyAsync(HttpHeaders headers, bool untilClose, CancellationToken cancellation)
    {
        if (string.Equals(headers.Find("Transfer-Encoding"), "chunked", StringComparison.OrdinalIgnoreCase))
        {
            MemoryStream all = new();
            while (await ReadChunkAsync(cancellation) is { Length: > 0 } chunk)
            {
                all.Write(chunk);
            }

            return all.ToArray();
        }

        if (int.TryParse(headers.Find("Content-Length"), CultureInfo.InvariantCulture, out int length))
        {
            return await ReadExactlyAsync(length, cancellation);
        }

        return untilClose ? await ReadToEndAsync(cancellation) : [];
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                _end -= _start;
                _start = 0;
            }
            else
            {
                Array.Resize(ref _buffer, _buffer.Length * 2);
            }
        }

        int read = await socket.ReceiveAsync(_buffer.AsMemory(_end), cancellation);
        _end += read;
        return read > 0;
    }
}
