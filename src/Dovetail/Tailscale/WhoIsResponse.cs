namespace Dovetail.Tailscale;

/// <summary>Who is behind a tailnet address (<c>08-whois/</c>).</summary>
internal sealed record WhoIsResponse
{
    public WhoIsNode? Node { get; init; }

    public WhoIsUser? UserProfile { get; init; }

    /// <summary>Application capabilities by name; what each grants is of no interest here.</summary>
    public IReadOnlyDictionary<string, Presence>? CapMap { get; init; }
}
