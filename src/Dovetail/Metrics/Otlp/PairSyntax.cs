using Dovetail.Common;

namespace Dovetail.Metrics.Otlp;

/// <summary>
/// <c>NAME=value,NAME=value</c> with percent-encoded values, as OpenTelemetry's variables have lists ("Environment Variable Specification",
/// after W3C Baggage).
/// </summary>
internal static class PairSyntax
{
    // Those that a request has anyway.
    private static readonly string[] OwnHeaders =
        ["content-type", "content-length", "content-encoding", "transfer-encoding", "connection", "host", "te"];

    /// <summary>Names and values of a resource.</summary>
    /// <returns>What to give instead; null when <paramref name="pairs"/> is read.</returns>
    public static string? ReadAttributes(string text, out EquatableArray<KeyValuePair<string, string>> pairs)
    {
        var read = Split(text);
        pairs = [.. (read ?? []).DistinctBy(static pair => pair.Key)];
        return read is null || read.Any(static pair => pair.Value.AsSpan().ContainsAnyInRange('\0', '\x1F'))
            ? "give name=value pairs with commas between them, such as deployment.environment.name=home"
            : null;
    }

    /// <summary>Names and values of HTTP headers. The message holds nothing of the text, which is secret.</summary>
    /// <inheritdoc cref="ReadAttributes"/>
    public static string? ReadHeaders(string text, out EquatableArray<KeyValuePair<string, string>> pairs)
    {
        const string give = "give name=value pairs with commas between them, such as authorization=Bearer%20…";
        var read = Split(text);
        pairs = [.. read ?? []];
        return read is null ? give
            : read.Any(static pair => pair.Key.AsSpan().ContainsAnyExcept(HttpToken.Characters)) ? $"has a name that is no header's; {give}"
            : read.Any(static pair => pair.Value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                ? $"has a value with a character that no header may hold; {give}"
            : read.Any(static pair => OwnHeaders.Contains(pair.Key, StringComparer.OrdinalIgnoreCase))
                ? $"has a header that is not to be set ({string.Join(", ", OwnHeaders)}); leave it out"
            : null;
    }

    private static List<KeyValuePair<string, string>>? Split(string text)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = entry.IndexOf('=');
            if (equals <= 0)
            {
                return null;
            }

            pairs.Add(new(Uri.UnescapeDataString(entry[..equals].TrimEnd()), Uri.UnescapeDataString(entry[(equals + 1)..].TrimStart())));
        }

        return pairs;
    }
}
