namespace FakeTailscale.Http;

/// <summary>A request with its whole body.</summary>
internal sealed class HttpRequest(string method, string target, HttpHeaders headers, byte[] body)
{
    private readonly int _question = target.IndexOf('?', StringComparison.Ordinal);

    public string Method => method;

    /// <summary>The path as sent, not decoded.</summary>
    public string Path => _question < 0 ? target : target[.._question];

    public HttpHeaders Headers => headers;

    public byte[] Body => body;

    /// <summary>A parameter of the query, decoded; null when it is not there.</summary>
    public string? Query(string name)
    {
        if (_question < 0)
        {
            return null;
        }

        foreach (string part in target[(_question + 1)..].Split('&'))
        {
            int equals = part.IndexOf('=', StringComparison.Ordinal);
            string key = equals < 0 ? part : part[..equals];
            if (key == name)
            {
                return equals < 0 ? "" : Uri.UnescapeDataString(part[(equals + 1)..].Replace('+', ' '));
            }
        }

        return null;
    }
}
