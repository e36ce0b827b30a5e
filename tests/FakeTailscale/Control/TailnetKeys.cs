namespace FakeTailscale.Control;

/// <summary>Auth keys, and the OAuth clients that may create them. Not thread-safe: guarded by the tailnet.</summary>
internal sealed class TailnetKeys
{
    private readonly Dictionary<string, KeyRecord> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string[]> _oauthClients = new(StringComparer.Ordinal);

    public void Add(string key, AuthKeyOptions options) => _keys[key] = new KeyRecord(options);

    public void Revoke(string key)
    {
        if (_keys.TryGetValue(key, out KeyRecord? record))
        {
            record.Revoked = true;
        }
    }

    /// <summary>Finds the key that a node shows.</summary>
    /// <param name="key">"" when it shows none.</param>
    /// <param name="record">Null when none is shown.</param>
    /// <returns>Why the key is refused; null when it is not.</returns>
    public string? Check(string key, out KeyRecord? record)
    {
        record = null;
        if (key.Length == 0)
        {
            return null;
        }

        if (_keys.Count == 0)
        {
            // Where no keys are given out, any will do.
            record = new KeyRecord(new AuthKeyOptions());
            return null;
        }

        if (!_keys.TryGetValue(key, out record))
        {
            return "invalid key: API key does not exist";
        }

        return record.Options.Expired ? $"invalid key: API key {IdOf(key)} has expired"
            : record.IsValid ? null : $"invalid key: API key {IdOf(key)} not valid";
    }

    public void AddOAuthClient(string secret, string[] tags) => _oauthClients[secret] = tags;

    /// <summary>A new auth key for an OAuth client; null when there is no such client or it may not give these tags.</summary>
    public string? Create(string secret, IReadOnlyList<string> tags, bool ephemeral, bool preauthorized)
    {
        if (!_oauthClients.TryGetValue(secret, out string[]? allowed) || tags.Any(tag => !allowed.Contains(tag)))
        {
            return null;
        }

        string key = TestControlServer.NewKey("auth");
        Add(key, new AuthKeyOptions { Reusable = false, Tags = [.. tags], Ephemeral = ephemeral, Preauthorized = preauthorized });
        return key;
    }

    private static string IdOf(string key) => key.Split('-') is { Length: > 2 } parts ? parts[2] : "";
}

/// <summary>An auth key and its use. Guarded by the tailnet.</summary>
internal sealed class KeyRecord(AuthKeyOptions options)
{
    public AuthKeyOptions Options => options;

    public bool Used { get; set; } = options.Used;

    public bool Revoked { get; set; }

    public bool IsValid => !Revoked && (options.Reusable || !Used);
}
