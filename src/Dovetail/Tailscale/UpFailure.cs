namespace Dovetail.Tailscale;

/// <summary>What a failed <c>tailscale up</c> said.</summary>
/// <param name="Text">The command's own words, in one line.</param>
internal sealed record UpFailure(TailscaleError Kind, string Text)
{
    /// <summary>Reads standard error: a URL to visit may come before the reason, which is the last line.</summary>
    public static UpFailure From(string error)
    {
        var text = TailscaleErrors.WithoutBackendError(TailscaleErrors.LastLine(error));
        return new UpFailure(TailscaleErrors.KindOf(text), text);
    }
}

/// <summary>What a failed <c>tailscale cert</c> said.</summary>
/// <param name="Text">The words of tailscaled or of the certificate authority, in one line.</param>
/// <param name="RateLimited">The authority asks for fewer orders.</param>
/// <param name="RetryAt">Not before this time, as the authority said; null: it said none.</param>
internal sealed record CertFailure(string Text, bool RateLimited = false, DateTimeOffset? RetryAt = null)
{
    /// <summary>Reads standard error: newer releases say on a line before the reason that the order is pending.</summary>
    public static CertFailure From(string error)
    {
        var line = TailscaleErrors.LastLine(error);
        var text = TailscaleErrors.WithoutStatus(line);
        return new CertFailure(text, TailscaleErrors.SaysCertificateLimit(line), TailscaleErrors.RetryAt(line));
    }
}
