using System.Globalization;
using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>A connection of HTTP/1.1 whose answers are read byte for byte (RFC 9112).</summary>
internal sealed class RawAnswers(Stream stream) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private string _pending = "";
    private bool _hasEnded;

    public Stream Stream => stream;

    /// <summary>Reads the next final answer.</summary>
    /// <param name="isHead">It is the answer to HEAD.</param>
    /// <returns>Null: the connection ended before the first byte of it. An answer that broke off is not <see cref="RawAnswer.IsWhole"/>.</returns>
    /// <exception cref="FormatException">It is not one of HTTP.</exception>
    public async Task<RawAnswer?> ReadAsync(bool isHead)
    {
        while (true)
        {
            if (await UntilAsync("\r\n\r\n") is not { } end)
            {
                return _pending.Length == 0 ? null : new RawAnswer(0, [], "", IsWhole: false);
            }

            var lines = _pending[..(end - 4)].Split("\r\n");
            _pending = _pending[end..];
            if (lines[0].Length < 12 || !lines[0].StartsWith("HTTP/1.1 ", StringComparison.Ordinal)
                || !int.TryParse(lines[0].AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            {
                throw new FormatException($"Status line: {lines[0]}");
            }

            var fields = lines[1..].Select(static line => line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 && Syntax.IsToken(line[..colon])
                ? new Field(line[..colon], Syntax.Trim(line[(colon + 1)..]))
                : throw new FormatException($"Field: {line}")).ToArray();
            if (status >= 200)
            {
                return await ReadContentAsync(status, fields, isHead || status is 204 or 304);
            }
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<RawAnswer> ReadContentAsync(int status, Field[] fields, bool isEmpty)
    {
        var lengths = fields.Where(static field => Syntax.Same(field.Name, "Content-Length")).Select(static field => field.Value).ToArray();
        var isChunked = fields.Any(static field => Syntax.Same(field.Name, "Transfer-Encoding"));
        if (lengths.Length + (isChunked ? 1 : 0) > 1)
        {
            throw new FormatException("Two ways to frame an answer.");
        }

        var content = isEmpty ? "" : isChunked ? await ChunksAsync()
            : lengths is [var length] ? await TakeAsync(int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture)) : await RestAsync();
        return new RawAnswer(status, fields, content ?? "", content is not null);
    }

    private async Task<string?> ChunksAsync()
    {
        var content = new StringBuilder();
        while (true)
        {
            if (await UntilAsync("\r\n") is not { } end
                || !int.TryParse(_pending.AsSpan(0, end - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size))
            {
                return null;
            }

            _pending = _pending[end..];
            while (size == 0)
            {
                // Trailers, and the empty line.
                if (await UntilAsync("\r\n") is not { } line)
                {
                    return null;
                }

                _pending = _pending[line..];
                if (line == 2)
                {
                    return content.ToString();
                }
            }

            if (await TakeAsync(size + 2) is not { } chunk || !chunk.EndsWith("\r\n", StringComparison.Ordinal))
            {
                return null;
            }

            content.Append(chunk, 0, size);
        }
    }

    private async Task<string> RestAsync()
    {
        while (await MoreAsync())
        {
        }

        return Interlocked.Exchange(ref _pending, "");
    }

    private async Task<string?> TakeAsync(int length)
    {
        while (_pending.Length < length)
        {
            if (!await MoreAsync())
            {
                return null;
            }
        }

        var taken = _pending[..length];
        _pending = _pending[length..];
        return taken;
    }

    /// <returns>Behind it; null: it did not come.</returns>
    private async Task<int?> UntilAsync(string end)
    {
        while (true)
        {
            if (_pending.IndexOf(end, StringComparison.Ordinal) is var at and >= 0)
            {
                return at + end.Length;
            }

            if (!await MoreAsync())
            {
                return null;
            }
        }
    }

    private async Task<bool> MoreAsync()
    {
        try
        {
            var read = _hasEnded ? 0 : await stream.ReadAsync(_buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            _pending += Encoding.Latin1.GetString(_buffer, 0, read);
            _hasEnded |= read == 0;
        }
        catch (IOException)
        {
            _hasEnded = true;
        }

        return !_hasEnded;
    }
}

/// <param name="Content">Latin-1.</param>
/// <param name="IsWhole">False: it broke off.</param>
internal sealed record RawAnswer(int Status, IReadOnlyList<Field> Fields, string Content, bool IsWhole)
{
    public string? Value(string name) => ReceivedRequest.Join(Fields, name);
}
