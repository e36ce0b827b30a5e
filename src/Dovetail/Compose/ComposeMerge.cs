using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary>
/// Merges one Compose tree into another by the rules of the Compose specification ("Merge and override"; they hold for <c>extends</c> too,
/// "Merging service definitions"): mappings by their keys, sequences one after the other, everything else replaced.
/// </summary>
internal static class ComposeMerge
{
    // Deeper than anything that is looked at; an alias in a mapping may make it far deeper.
    private const int MaxDepth = 12;

    // Sequences of NAME=value, which count as mappings. A path begins with services; * is any name.
    private static readonly string[] Pairs =
    [
        "services.*.labels", "services.*.environment", "services.*.annotations", "services.*.deploy.labels", "services.*.sysctls",
        "services.*.build.args", "services.*.build.labels", "networks.*.labels", "volumes.*.labels",
    ];

    // Sequences of names, which count as mappings without values.
    private static readonly string[] Names = ["services.*.networks", "services.*.depends_on"];

    // Of these the latest holds, whatever it is.
    private static readonly string[] Replaced = ["services.*.command", "services.*.entrypoint", "services.*.healthcheck.test"];

    // A text counts as a sequence of one.
    private static readonly string[] Lists =
        ["services.*.dns", "services.*.dns_search", "services.*.env_file", "services.*.label_file", "services.*.tmpfs"];

    // Of these it matters that they are what they have to be.
    private static readonly string[] Read =
    [
        "services", "services.*", "services.*.labels", "services.*.environment", "services.*.ports", "services.*.expose",
        "services.*.networks", "services.*.profiles", "networks", "networks.*",
    ];

    /// <summary>Merges whole models.</summary>
    /// <param name="latter">Wins.</param>
    /// <exception cref="ComposeException">One has a mapping where the other has a sequence, and so on.</exception>
    public static ComposeNode Models(ComposeNode former, ComposeNode latter) => Merge(former, latter, []);

    /// <summary>Merges two definitions of a service.</summary>
    /// <inheritdoc cref="Models"/>
    public static ComposeNode Services(ComposeNode former, ComposeNode latter) => Merge(former, latter, ["services", "*"]);

    private static ComposeNode Merge(ComposeNode former, ComposeNode latter, string[] path)
    {
        // A label without a value is an empty one, not one that is not given.
        var isPair = path.Length > 0 && Fits(path[..^1], Pairs);
        if (latter.Tag == ComposeTag.Override || path.Length > MaxDepth || isPair || Fits(path, Replaced))
        {
            return latter;
        }

        if (Fits(path, Pairs))
        {
            (former, latter) = (PairsOf(former), PairsOf(latter));
        }
        else if (Fits(path, Names))
        {
            (former, latter) = (NamesOf(former), NamesOf(latter));
        }
        else if (Fits(path, Lists))
        {
            (former, latter) = (ListOf(former), ListOf(latter));
        }

        return (former, latter) switch
        {
            ({ IsMapping: true }, { IsMapping: true }) => Mappings(former, latter, path),
            ({ IsSequence: true }, { IsSequence: true }) =>
                ComposeNode.Sequence(latter.Place, former.Tag, [.. former.Items, .. latter.Items]),
            // What is empty changes nothing, and takes anything.
            (_, { IsEmpty: true }) => former,
            ({ IsEmpty: true }, _) => latter,
            _ when (former.IsMapping, former.IsSequence) != (latter.IsMapping, latter.IsSequence) && Fits(path, Read) =>
                throw latter.Place.Mistake(
                    $"{Printable.Text(string.Join('.', path))} is {Kind(latter)} here and {Kind(former)} in {former.Place}: "
                    + "these cannot be merged"),
            _ => latter,
        };
    }

    private static ComposeNode Mappings(ComposeNode former, ComposeNode latter, string[] path)
    {
        var merged = new OrderedDictionary<string, ComposeNode>(StringComparer.Ordinal);
        foreach (var (key, value) in former.AllEntries)
        {
            merged[key] = value;
        }

        foreach (var (key, value) in latter.AllEntries)
        {
            if (value.Tag == ComposeTag.Reset)
            {
                merged.Remove(key);
            }
            else
            {
                merged[key] = merged.TryGetValue(key, out var known) ? Merge(known, value, [.. path, key]) : value;
            }
        }

        return ComposeNode.Mapping(latter.Place, former.Tag, [.. merged]);
    }

    /// <summary>A mapping of a sequence of <c>NAME=value</c>.</summary>
    private static ComposeNode PairsOf(ComposeNode node) => !node.IsSequence ? node : ComposeNode.Mapping(node.Place, node.Tag,
    [
        .. from item in node.Items
           let pair = (item.Text ?? "").Split('=', 2)
           group (Item: item, Value: pair.ElementAtOrDefault(1)) by pair[0] into same
           let last = same.Last()
           select KeyValuePair.Create(same.Key, last.Item.WithText(last.Value)),
    ]);

    private static ComposeNode NamesOf(ComposeNode node) => !node.IsSequence ? node : ComposeNode.Mapping(node.Place, node.Tag,
    [
        .. from item in node.Items
           group item by item.Text ?? "" into same
           select KeyValuePair.Create(same.Key, same.Last().WithText(null)),
    ]);

    private static ComposeNode ListOf(ComposeNode node) =>
        node.Text is null ? node : ComposeNode.Sequence(node.Place, node.Tag, [node]);

    private static bool Fits(string[] path, string[] patterns) => patterns.Any(pattern =>
    {
        var parts = pattern.Split('.');
        return parts.Length == path.Length && parts.Zip(path).All(static pair => pair.First == "*" || pair.First == pair.Second);
    });

    private static string Kind(ComposeNode node) => node.IsMapping ? "a mapping" : node.IsSequence ? "a list" : "a text";
}
