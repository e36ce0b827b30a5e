using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>Headers for the collector, which are secret. A file is read anew at each use: a rotated secret needs no restart.</summary>
/// <param name="pairs"><c>OTEL_EXPORTER_OTLP_HEADERS</c>.</param>
/// <param name="file"><c>OTEL_EXPORTER_OTLP_HEADERS_FILE</c>, instead of those; null: none.</param>
internal sealed class OtlpHeaders(EquatableArray<KeyValuePair<string, string>> pairs, string? file)
{
    // Of any header, and of any file that holds some.
    private const int MaxFileSize = 64 << 10;

    /// <returns>What is wrong with the file, without anything that it holds; null when <paramref name="headers"/> is read.</returns>
    public string? Read(out EquatableArray<KeyValuePair<string, string>> headers)
    {
        headers = pairs;
        if (file is null)
        {
            return null;
        }

        try
        {
            var problem = new FileInfo(file).Length > MaxFileSize
                ? "is too large"
                : PairSyntax.ReadHeaders(File.ReadAllText(file).Trim(), out headers);
            problem ??= headers.Count == 0 ? "is empty" : null;
            return problem is null ? null : $"OTEL_EXPORTER_OTLP_HEADERS_FILE: {problem}";
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return $"OTEL_EXPORTER_OTLP_HEADERS_FILE cannot be read: {unreadable.Message}";
        }
    }

    public override string ToString() => "(not shown)";
}
