using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>Headers for the collector, which are secret. A file is read anew at each use: a rotated secret needs no restart.</summary>
/// <param name="pairs"><c>OTEL_EXPORTER_OTLP_HEADERS</c>.</param>
/// <param name="file"><c>OTEL_EXPORTER_OTLP_HEADERS_FILE</c>, instead of those; null: none.</param>
internal sealed class OtlpHeaders(EquatableArray<KeyValuePair<string, string>> pairs, string? file)
{
    /// <returns>What is wrong with the file, without anything that it holds; null when <paramref name="headers"/> is read.</returns>
    public string? Read(out EquatableArray<KeyValuePair<string, string>> headers)
    {
        headers = pairs;
        if (file is null)
        {
            return null;
        }

        var problem = SecretFile.Read(file, out var text)
            ?? PairSyntax.ReadHeaders(text, out headers)
            ?? (headers.Count == 0 ? "is empty" : null);
        return problem is null ? null : $"OTEL_EXPORTER_OTLP_HEADERS_FILE {problem}";
    }

    public override string ToString() => "(not shown)";
}
