using Dovetail.Common;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Dovetail.Services.Files;

/// <summary>
/// Reads YAML to nodes, within bounds that no services file in earnest comes near: whoever writes it cannot use up memory or stack.
/// </summary>
/// <remarks>
/// On YamlDotNet's parser, which keeps a stack of its own. Its representation model calls itself for every level, and refuses the whole
/// file for a key that is written twice.
/// </remarks>
internal sealed class FileTree
{
    private const int MaxDepth = 20;
    private const int MaxNodes = 100_000;

    private readonly Dictionary<string, FileNode> _anchors = new(StringComparer.Ordinal);
    private readonly Stack<(FileNode Node, FileNode? Key)> _open = [];
    private FileNode? _root;
    private int _nodes;

    private FileTree() { }

    /// <returns>The first document; null when there is none. And the place of the second one, or null.</returns>
    /// <exception cref="ServicesFileException">It is no YAML, or too deep or too much.</exception>
    public static (FileNode? Root, string? SecondDocument) Read(string text)
    {
        try
        {
            using var reader = new StringReader(text);
            var parser = new Parser(reader);
            var tree = new FileTree();
            var documents = 0;
            while (parser.MoveNext())
            {
                if (parser.Current is DocumentStart start && ++documents == 2)
                {
                    return (tree._root, FileNode.PlaceOf(start.Start.Line, start.Start.Column));
                }

                tree.Take(parser.Current!);
            }

            return (tree._root, null);
        }
        catch (YamlException broken)
        {
            var place = FileNode.PlaceOf(broken.Start.Line, broken.Start.Column);
            throw new ServicesFileException($"{place}: this is no YAML: {Printable.Plain(broken.Message.TrimEnd('.'), 200)}", broken);
        }
        catch (Exception unforeseen) when (unforeseen is not (ServicesFileException or OutOfMemoryException))
        {
            // What the library throws at what it does not foresee.
            throw new ServicesFileException($"this is no YAML: {Printable.Plain(unforeseen.Message.TrimEnd('.'), 200)}", unforeseen);
        }
    }

    private void Take(ParsingEvent read)
    {
        var (line, column) = ((int)read.Start.Line, (int)read.Start.Column);
        switch (read)
        {
            case Scalar scalar:
                var isNull = scalar is { Style: ScalarStyle.Plain, Value: "" or "~" or "null" or "Null" or "NULL" };
                Add(new FileText(line, column, scalar.Value, isNull), scalar.Anchor);
                break;
            case AnchorAlias alias:
                var name = alias.Value.Value;
                Add(
                    _anchors.GetValueOrDefault(name) ?? throw Refusal(read, $"there is no &{Printable.Text(name)} before this"),
                    AnchorName.Empty);
                break;
            case SequenceStart start:
                Open(new FileList(line, column), start);
                break;
            case MappingStart start:
                Open(new FileMap(line, column), start);
                break;
            case SequenceEnd or MappingEnd:
                _open.Pop();
                break;
        }
    }

    private void Open(FileNode node, NodeEvent start)
    {
        if (_open.Count == MaxDepth)
        {
            throw Refusal(start, $"this is nested deeper than {MaxDepth} levels");
        }

        Add(node, start.Anchor);
        _open.Push((node, null));
    }

    private void Add(FileNode node, AnchorName anchor)
    {
        if (++_nodes > MaxNodes)
        {
            throw new ServicesFileException($"{node.Place}: the file holds more than {MaxNodes} values");
        }

        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = node;
        }

        if (!_open.TryPop(out var parent))
        {
            _root ??= node;
            return;
        }

        if (parent.Node is FileMap map && parent.Key is { } key)
        {
            map.Own.Add((key, node));
            parent.Key = null;
        }
        else if (parent.Node is FileMap)
        {
            parent.Key = node;
        }
        else
        {
            ((FileList)parent.Node).Items.Add(node);
        }

        _open.Push(parent);
    }

    private static ServicesFileException Refusal(ParsingEvent read, string why) =>
        new($"{FileNode.PlaceOf(read.Start.Line, read.Start.Column)}: {why}");
}

/// <summary>A services file of which nothing can be taken. The message says where and why, and is fit to print.</summary>
internal sealed class ServicesFileException(string message, Exception? innerException = null) : Exception(message, innerException);
