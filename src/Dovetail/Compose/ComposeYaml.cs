using Dovetail.Common;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dovetail.Compose;

/// <summary>Reads the YAML of a Compose file.</summary>
/// <remarks>On YamlDotNet's representation model, which needs no reflection; its serializer would not compile natively.</remarks>
internal sealed class ComposeYaml
{
    private const string MergeKey = "<<";

    // A merged mapping may merge another; a file that merges itself must end.
    private const int MaxMerges = 8;

    private readonly ComposeSource _source;

    // What an alias stands for is read once, however often it is named; null while it is being read.
    private readonly Dictionary<YamlNode, ComposeNode?> _known = new(ReferenceEqualityComparer.Instance);

    private ComposeYaml(ComposeSource source) => _source = source;

    /// <returns>The documents of the file, of which each is merged into those before it.</returns>
    /// <exception cref="ComposeException">The text is no YAML, or no mapping.</exception>
    public static IReadOnlyList<ComposeNode> Parse(string text, ComposeSource source)
    {
        try
        {
            var stream = new YamlStream();
            using var reader = new StringReader(text);
            stream.Load(reader);
            return stream.Documents.Count > 0 && stream.Documents.All(static document => document.RootNode is YamlMappingNode)
                ? [.. stream.Documents.Select(document => new ComposeYaml(source).Read(document.RootNode))]
                : throw new ComposeException(
                    $"{Printable.Text(source.Name, 200)} is no Compose file: it holds no mapping with services");
        }
        catch (YamlException broken)
        {
            throw new ComposePlace(source, broken.Start.Line).Mistake($"this is no YAML: {Printable.Text(broken.Message, 300)}", broken);
        }
    }

    private ComposeNode Read(YamlNode node)
    {
        if (_known.TryGetValue(node, out var known))
        {
            return known ?? throw PlaceOf(node).Mistake("this value holds itself");
        }

        _known[node] = null;
        var read = node switch
        {
            YamlMappingNode => ComposeNode.Mapping(PlaceOf(node), TagOf(node), ReadEntries(node)),
            YamlSequenceNode sequence =>
                ComposeNode.Sequence(PlaceOf(node), TagOf(node), [.. sequence.Children.Select(Read)]),
            _ => ComposeNode.Scalar(PlaceOf(node), TagOf(node), ScalarOf(node)),
        };
        _known[node] = read;
        return read;
    }

    private List<KeyValuePair<string, ComposeNode>> ReadEntries(YamlNode mapping)
    {
        var entries = new OrderedDictionary<string, YamlNode>(StringComparer.Ordinal);
        Collect(mapping, entries, 0);
        return [.. entries.Select(entry => KeyValuePair.Create(entry.Key, Read(entry.Value)))];
    }

    private static void Collect(YamlNode node, OrderedDictionary<string, YamlNode> entries, int merges)
    {
        if (node is YamlSequenceNode several)
        {
            foreach (var one in several.Children.OfType<YamlMappingNode>())
            {
                Collect(one, entries, merges);
            }
        }

        if (node is not YamlMappingNode mapping || merges > MaxMerges)
        {
            return;
        }

        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: { } name } && name != MergeKey)
            {
                entries.TryAdd(name, value);
            }
        }

        foreach (var (key, value) in mapping.Children)
        {
            if (key is YamlScalarNode { Value: MergeKey })
            {
                Collect(value, entries, merges + 1);
            }
        }
    }

    private static string? ScalarOf(YamlNode node) => node is YamlScalarNode { Value: { } value } scalar
        && !(scalar.Style == ScalarStyle.Plain && value is "" or "~" or "null")
            ? value
            : null;

    private static ComposeTag TagOf(YamlNode node) => node.Tag.IsEmpty ? ComposeTag.None : node.Tag.Value switch
    {
        "!reset" => ComposeTag.Reset,
        "!override" => ComposeTag.Override,
        _ => ComposeTag.None,
    };

    private ComposePlace PlaceOf(YamlNode node) => new(_source, node.Start.Line);
}
