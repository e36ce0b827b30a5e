namespace FakeTailscale.Control;

/// <summary>An auth key and its use. Guarded by the tailnet.</summary>
internal sealed class KeyRecord(AuthKeyOptions options)
{
    public AuthKeyOptions Options => options;

    public bool Used { get; set; }

    public bool Revoked { get; set; }

    public bool IsValid => !Revoked && (options.Reusable || !Used);
}
