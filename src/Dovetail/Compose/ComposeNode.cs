using System.Diagnostics.CodeAnalysis;

namespace Dovetail.Compose;

/// <summary>How a value is merged into that of a former file (Compose specification, "Merge and override").</summary>
internal enum ComposeTag
{
    None,

    /// <summary><c>!reset</c>: the former value goes, and this one does not count.</summary>
    Reset,

    /// <summary><c>!override</c>: this value stands in the place of the former one.</summary>
    Override,
}

/// <summary>A value in a Compose file, with anchors and merge keys resolved and variables put in.</summary>
internal sealed class ComposeNode
{
    private readonly IReadOnlyList<KeyValuePair<string, ComposeNode>>? _entries;
    private readonly IReadOnlyList<ComposeNode>? _items;
    private readonly string? _scalar;

    private ComposeNode(
        ComposePlace place,
        ComposeTag tag,
        IReadOnlyList<KeyValuePair<string, ComposeNode>>? entries,
        IReadOnlyList<ComposeNode>? items,
        string? scalar)
    {
        (Place, Tag) = (place, tag);
        (_entries, _items, _scalar) = (entries, items, scalar);
    }

    /// <summary>Where it is written.</summary>
    public ComposePlace Place { get; }

    public ComposeTag Tag { get; }

    public bool IsMapping => _entries is not null;

    public bool IsSequence => _items is not null;

    /// <summary>Whether there is nothing: no collection, and no text.</summary>
    public bool IsEmpty => !IsMapping && !IsSequence && _scalar is null;

    /// <summary>The text of a scalar; null for an empty one that is not quoted, and for everything else.</summary>
    /// <exception cref="ComposeException">It holds what is no variable.</exception>
    public string? Text
    {
        get
        {
            try
            {
                return _scalar is null ? null : Place.Source.Interpolation.Apply(_scalar);
            }
            catch (ComposeException wrong)
            {
                throw Place.Mistake(wrong.Message, wrong);
            }
        }
    }

    /// <summary>The values of a sequence; none of anything else.</summary>
    public IEnumerable<ComposeNode> Items => (_items ?? []).Where(static item => item.Tag != ComposeTag.Reset);

    /// <summary>The entries of a mapping, its own before those that it merges; none of anything else.</summary>
    public IEnumerable<(string Key, ComposeNode Value)> Entries =>
        AllEntries.Where(static entry => entry.Value.Tag != ComposeTag.Reset).Select(static entry => (entry.Key, entry.Value));

    /// <summary>Those too that are tagged <c>!reset</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, ComposeNode>> AllEntries => _entries ?? [];

    /// <summary>An entry of a mapping; null when there is none.</summary>
    public ComposeNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key).Value;

    /// <param name="value">As it is written; null: an empty one that is not quoted.</param>
    public static ComposeNode Scalar(ComposePlace place, ComposeTag tag, string? value) => new(place, tag, null, null, value);

    public static ComposeNode Sequence(ComposePlace place, ComposeTag tag, IReadOnlyList<ComposeNode> items) =>
        new(place, tag, null, items, null);

    public static ComposeNode Mapping(ComposePlace place, ComposeTag tag, IReadOnlyList<KeyValuePair<string, ComposeNode>> entries) =>
        new(place, tag, entries, null, null);

    /// <summary>A scalar in the same place, with a text in which no variables are to be put in any more.</summary>
    public ComposeNode WithText(string? text) => Scalar(Place, Tag, text?.Replace("$", "$$", StringComparison.Ordinal));

    /// <summary>The same mapping without an entry.</summary>
    public ComposeNode Without(string key) => Mapping(Place, Tag, [.. AllEntries.Where(entry => entry.Key != key)]);

    /// <summary>The same mapping with an entry.</summary>
    public ComposeNode With(string key, ComposeNode value) =>
        Mapping(Place, Tag, [.. AllEntries.Where(entry => entry.Key != key), KeyValuePair.Create(key, value)]);

    /// <summary>Whether both say the same, wherever they are written.</summary>
    public bool SaysTheSame(ComposeNode other) =>
        (IsMapping, IsSequence) == (other.IsMapping, other.IsSequence)
        && Text == other.Text
        && Items.Count() == other.Items.Count()
        && Items.Zip(other.Items).All(static pair => pair.First.SaysTheSame(pair.Second))
        && Entries.Count() == other.Entries.Count()
        && Entries.All(entry => other[entry.Key] is { } same && entry.Value.SaysTheSame(same));

    /// <summary>A value that is a text.</summary>
    public bool TryText(string key, [NotNullWhen(true)] out string? text)
    {
        text = this[key]?.Text;
        return text is not null;
    }
}
