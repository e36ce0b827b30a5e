namespace Dovetail.Tailscale;

/// <summary>The peer's node.</summary>
internal sealed record WhoIsNode
{
    /// <summary>Full name with a trailing dot.</summary>
    public string? Name { get; init; }

    /// <summary>Not empty for tagged devices, which act for no person.</summary>
    public IReadOnlyList<string>? Tags { get; init; }
}
