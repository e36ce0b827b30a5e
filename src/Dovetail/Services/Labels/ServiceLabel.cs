namespace Dovetail.Services.Labels;

/// <summary>A label that a service may have.</summary>
/// <param name="Name">Without the prefix and, if there is one, without the <see cref="Parameter"/>.</param>
/// <param name="Read">
/// Puts what the label says into the declaration. Without the label, the declaration stays as it is; what is refused is noted in the
/// reader.
/// </param>
internal sealed record ServiceLabel(string Name, Func<LabelReader, ServiceDeclaration, ServiceDeclaration> Read)
{
    /// <summary>What follows the name and a dot: <c>port</c> of <c>tcp.PORT</c>; null: nothing.</summary>
    public string? Parameter { get; init; }

    /// <summary>Whether two containers of one service say the same; always true where each has its own say.</summary>
    public Func<ServiceDeclaration, ServiceDeclaration, bool> IsSame { get; init; } = static (_, _) => true;

    /// <summary>The label as a person writes it.</summary>
    public string Form => Parameter is null ? Name : $"{Name}.<{Parameter}>";

    /// <summary>Whether a label of this name, which is without the prefix, is one of these.</summary>
    public bool Covers(string name) => Parameter is null
        ? name == Name
        : name.Length > Name.Length && name[Name.Length] == '.' && name.StartsWith(Name, StringComparison.Ordinal);
}
