using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>What a collector says in the body of an answer, or in <c>grpc-status-details-bin</c>.</summary>
internal static class OtlpStatus
{
    private const int MaxText = 200;

    /// <summary>Reads an <c>ExportMetricsServiceResponse</c>.</summary>
    /// <returns>What was not taken, or what there is to say; null: all is well.</returns>
    public static string? PartialSuccess(ReadOnlySpan<byte> response)
    {
        ulong rejected = 0;
        var said = "";
        var reader = new ProtobufReader(response);
        while (reader.Next(out var field))
        {
            if (field != 1)
            {
                continue;
            }

            var partial = new ProtobufReader(reader.Bytes);
            while (partial.Next(out var inner))
            {
                rejected = inner == 1 ? partial.Number : rejected;
                said = inner == 2 ? partial.Text : said;
            }
        }

        return (rejected, said) is (0, "") ? null : $"it left out {rejected} values: \"{Printable.Text(said, MaxText)}\"";
    }

    /// <summary>Reads a <c>google.rpc.Status</c>.</summary>
    /// <param name="after">How long to wait, by its <c>google.rpc.RetryInfo</c>; null: it has none.</param>
    /// <returns>Its message; null: it has none.</returns>
    public static string? Message(ReadOnlySpan<byte> status, out TimeSpan? after)
    {
        after = null;
        string? message = null;
        var reader = new ProtobufReader(status);
        while (reader.Next(out var field))
        {
            if (field == 2)
            {
                message = Shown(reader.Text);
            }
            else if (field == 3 && RetryInfo(reader.Bytes) is { } info)
            {
                after = info;
            }
        }

        return message;
    }

    /// <returns>Null for an empty text.</returns>
    public static string? Shown(string? text) => string.IsNullOrEmpty(text) ? null : $"\"{Printable.Text(text, MaxText)}\"";

    // google.protobuf.Any: the type's URL and the message.
    private static TimeSpan? RetryInfo(ReadOnlySpan<byte> any)
    {
        var isRetryInfo = false;
        TimeSpan? after = null;
        var reader = new ProtobufReader(any);
        while (reader.Next(out var field))
        {
            if (field == 1)
            {
                isRetryInfo = reader.Text.EndsWith("/google.rpc.RetryInfo", StringComparison.Ordinal);
            }
            else if (field == 2)
            {
                var info = new ProtobufReader(reader.Bytes);
                while (info.Next(out var inner))
                {
                    after = inner == 1 ? Duration(info.Bytes) : after;
                }
            }
        }

        return isRetryInfo ? after ?? TimeSpan.Zero : null;
    }

    // google.protobuf.Duration
    private static TimeSpan Duration(ReadOnlySpan<byte> duration)
    {
        var (seconds, nanoseconds) = (0L, 0L);
        var reader = new ProtobufReader(duration);
        while (reader.Next(out var field))
        {
            seconds = field == 1 ? (long)reader.Number : seconds;
            nanoseconds = field == 2 ? (long)reader.Number : nanoseconds;
        }

        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 86_400) + (Math.Clamp(nanoseconds, 0, 999_999_999) / 1e9));
    }
}
