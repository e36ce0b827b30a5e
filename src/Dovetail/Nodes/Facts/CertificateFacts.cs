namespace Dovetail.Nodes.Facts;

/// <summary>What is known of the node's certificate, from one tailscaled to the next.</summary>
internal sealed record CertificateFacts
{
    /// <summary>The name that the certificate in use was issued for; null: none in use.</summary>
    public string? Name { get; init; }

    public DateTimeOffset NotBefore { get; init; }

    public DateTimeOffset NotAfter { get; init; }

    /// <summary>Not asked for again before this time.</summary>
    public DateTimeOffset NextCall { get; init; }

    /// <summary>Calls in a row that should have brought a renewed certificate and did not.</summary>
    public int Renewals { get; init; }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last call failed; null after one that did not.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the last failure was a rate limit of the CA.</summary>
    public bool RateLimited { get; init; }

    /// <summary>Whether a certificate is in use and valid.</summary>
    public bool Serves(DateTimeOffset now) => Name is not null && NotAfter > now;
}
