using System.Diagnostics.CodeAnalysis;
using Dovetail.Common;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Dovetail.Compose;

/// <summary>A value in a Compose file, with anchors and merge keys resolved and variables put in.</summary>
/// <remarks>On YamlDotNet's representation model, which needs no reflection; its serializer would not compile natively.</remarks>
internal sealed class ComposeNode
{
    private const string MergeKey = "<<";

    // A merged mapping may merge another; a file that merges itself must end.
    private const int MaxMerges = 8;

    private readonly YamlNode _node;
    private readonly Interpolation _interpolation;

    private ComposeNode(YamlNode node, Interpolation interpolation)
    {
        _node = node;
        _interpolation = interpolation;
    }

    /// <summary>Line in the file, from 1.</summary>
    public long Line => _node.Start.Line;

    public bool IsMapping => _node is YamlMappingNode;

    public bool IsSequence => _node is YamlSequenceNode;

    /// <summary>The text of a scalar; null for an empty one that is not quoted, and for everything else.</summary>
    public string? Text => _node is YamlScalarNode { Value: { } value } scalar
        && !(scalar.Style == ScalarStyle.Plain && value is "" or "~" or "null")
            ? _interpolation.Apply(value)
            : null;

    /// <summary>The values of a sequence; none of anything else.</summary>
    public IEnumerable<ComposeNode> Items =>
        _node is YamlSequenceNode sequence ? sequence.Children.Select(item => new ComposeNode(item, _interpolation)) : [];

    /// <summary>The entries of a mapping, its own before those that it merges; none of anything else.</summary>
    public IEnumerable<(string Key, ComposeNode Value)> Entries
    {
        get
        {
            var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
            Collect(_node, entries, 0);
            return entries.Select(entry => (entry.Key, new ComposeNode(entry.Value, _interpolation)));
        }
    }

    /// <summary>An entry of a mapping; null when there is none.</summary>
    public ComposeNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key).Value;

    /// <exception cref="ComposeException">The text is no YAML, or no mapping.</exception>
    public static ComposeNode Parse(string text, Interpolation interpolation)
    {
        try
        {
            var stream = new YamlStream();
            using var reader = new StringReader(text);
            stream.Load(reader);
            return stream.Documents is [{ RootNode: YamlMappingNode root }, ..]
                ? new ComposeNode(root, interpolation)
                : throw new ComposeException("the file is no Compose file: it holds no mapping with services");
        }
        catch (YamlException broken)
        {
            throw new ComposeException($"line {broken.Start.Line}: this is no YAML: {Printable.Text(broken.Message, 300)}", broken);
        }
    }

    /// <summary>A value that is a text.</summary>
    public bool TryText(string key, [NotNullWhen(true)] out string? text)
    {
        text = this[key]?.Text;
        return text is not null;
    }

    private static void Collect(YamlNode node, Dictionary<string, YamlNode> entries, int merges)
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
}
