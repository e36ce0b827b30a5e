namespace Dovetail.EndToEndTests.Harness;

/// <summary>A request byte by byte, as Latin-1 text.</summary>
/// <param name="Head">Request line and header, with the empty line.</param>
/// <param name="Body">As on the wire: with the sizes of chunks and with trailers.</param>
internal sealed record RawRequest(string Head, string Body)
{
    /// <summary>Path and query.</summary>
    public string Target => Head.Split(' ')[1];

    /// <summary>Header fields in their order and spelling.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Fields =>
        [
            .. Head.Split("\r\n")
                .Skip(1)
                .Where(line => line.Length > 0)
                .Select(line => line.Split(':', 2))
                .Select(pair => KeyValuePair.Create(pair[0], pair.ElementAtOrDefault(1)?.Trim() ?? ""))];

    /// <summary>A field's first value; null when there is none.</summary>
    public string? Value(string name) =>
        Fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value).FirstOrDefault();
}
