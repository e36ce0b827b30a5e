using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace Dovetail.Processes;

/// <summary>Splits a child's output into lines without ever keeping more than one of bounded length.</summary>
internal static class LineReader
{
    /// <summary>Longest line in bytes; the rest of a longer one follows as lines of its own.</summary>
    public const int MaxLineLength = 8 * 1024;

    /// <summary>Reads to the end of the stream. A stream that breaks, or that is given up, counts as ended.</summary>
    /// <param name="giveUp">Ends the reading; it is no error.</param>
    public static async Task ReadAsync(Stream stream, Action<string> onLine, CancellationToken giveUp)
    {
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(giveUp);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, result.IsCompleted, out var line))
                {
                    onLine(line);
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception broken) when (broken is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Nothing more can come.
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool last, out string line)
    {
        var end = buffer.PositionOf((byte)'\n');
        ReadOnlySequence<byte> taken;
        if (end is { } found && buffer.Slice(0, found).Length <= MaxLineLength)
        {
            taken = buffer.Slice(0, found);
            buffer = buffer.Slice(buffer.GetPosition(1, found));
        }
        else if (buffer.Length > MaxLineLength || (last && !buffer.IsEmpty))
        {
            taken = buffer.Slice(0, Math.Min(buffer.Length, MaxLineLength));
            buffer = buffer.Slice(taken.End);
        }
        else
        {
            line = "";
            return false;
        }

        line = Encoding.UTF8.GetString(taken).TrimEnd('\r');
        return true;
    }
}
