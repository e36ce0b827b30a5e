using System.Text;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>What comes over a connection, as Latin-1 text, taken piece by piece.</summary>
internal sealed class ReceivedText(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private string _rest = "";

    /// <returns>The text up to <paramref name="end"/>, with it; null when the connection ended before.</returns>
    public async Task<string?> TakeThroughAsync(string end)
    {
        int at;
        while ((at = _rest.IndexOf(end, StringComparison.Ordinal)) < 0)
        {
            if (!await ReceiveAsync())
            {
                return null;
            }
        }

        return Cut(at + end.Length);
    }

    /// <exception cref="EndOfStreamException">The connection ended before.</exception>
    public async Task<string> TakeAsync(int length)
    {
        while (_rest.Length < length)
        {
            if (!await ReceiveAsync())
            {
                throw new EndOfStreamException();
            }
        }

        return Cut(length);
    }

    private async Task<bool> ReceiveAsync()
    {
        var read = await stream.ReadAsync(_buffer);
        _rest += Encoding.Latin1.GetString(_buffer, 0, read);
        return read > 0;
    }

    private string Cut(int length)
    {
        var text = _rest[..length];
        _rest = _rest[length..];
        return text;
    }
}
