namespace Dovetail.Proxy.Http;

/// <summary>What the access log will say of a request, gathered while it runs.</summary>
/// <param name="started">A timestamp of the listener's clock.</param>
/// <param name="path">Without the query, which may hold what is nobody's business.</param>
internal sealed class AccessEntry(long started, string path, CountingBody body)
{
    public long Started { get; } = started;

    public string Path { get; } = path;

    /// <summary>Bytes of the response's body so far; none of a WebSocket.</summary>
    public long Bytes => body.Bytes;

    /// <summary>Who asks; null: nobody known.</summary>
    public string? Login { get; set; }

    /// <summary>The container that answers; null: none was asked.</summary>
    public string? Upstream { get; set; }
}
