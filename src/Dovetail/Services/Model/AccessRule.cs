namespace Dovetail.Services.Model;

/// <summary>
/// One rule of <c>dovetail.allow</c> or <c>dovetail.forwarded.from</c>: whom it means. A closed set, read once from the label, so that who
/// decides about a request has no text to interpret.
/// </summary>
internal abstract record AccessRule
{
    /// <exception cref="ArgumentException">The name is empty: it would be the login of a peer that has none.</exception>
    private AccessRule(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    public string Name { get; }

    /// <summary>One person.</summary>
    /// <param name="Name">Login name (<c>ada@example.com</c>), in any case.</param>
    public sealed record Login(string Name) : AccessRule(Name);

    /// <summary>Everybody with a login of a domain.</summary>
    /// <param name="Name">The domain without <c>@</c>, in any case.</param>
    public sealed record Domain(string Name) : AccessRule(Name);

    /// <summary>Devices with a tag.</summary>
    /// <param name="Name">The tag with its <c>tag:</c> prefix, as written in the tailnet's policy.</param>
    public sealed record Tag(string Name) : AccessRule(Name);

    /// <summary>Peers to which the tailnet's policy grants an application capability towards the node.</summary>
    /// <param name="Name">The capability without <c>cap:</c>, as written in the tailnet's policy.</param>
    public sealed record Capability(string Name) : AccessRule(Name);
}
