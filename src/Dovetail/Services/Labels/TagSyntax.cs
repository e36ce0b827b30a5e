using Dovetail.Common;

namespace Dovetail.Services.Labels;

/// <summary>ACL tags, by the rules of <c>tailscale up --advertise-tags</c> (<c>tailcfg.CheckTag</c>).</summary>
internal static class TagSyntax
{
    private const string Allowed = "allowed is a comma list of tags, each tag: with a letter and then letters, digits or hyphens";

    private const string Prefix = "tag:";

    // They are one argument of `tailscale up`; the kernel's limit for one is 128 KiB.
    private const int MaxLength = 16384;

    public static bool IsValid(string tag) =>
        tag.Length > Prefix.Length
        && tag.StartsWith(Prefix, StringComparison.Ordinal)
        && char.IsAsciiLetter(tag[Prefix.Length])
        && tag.AsSpan(Prefix.Length).IndexOfAnyExcept(TagCharacters) < 0;

    /// <summary>Reads the value of a label, by <see cref="TryParseList"/>; at most 16384 characters.</summary>
    public static string? Read(string text, out EquatableArray<string> tags)
    {
        if (text.Length > MaxLength)
        {
            tags = [];
            return $"the list is longer than {MaxLength} characters";
        }

        return TryParseList(text, out tags, out var bad)
            ? null
            : $"\"{Printable.Text(bad)}\" is no tag; {Allowed}"
                + (IsValid(Prefix + bad) ? $"; did you mean \"{Prefix}{Printable.Text(bad)}\"?" : "");
    }

    /// <summary>Reads a comma list; spaces around a tag are left out, and so are repeats. An empty text is no tags.</summary>
    /// <param name="tags">Sorted (ordinal).</param>
    /// <param name="bad">The first entry that is no tag; empty when there is none.</param>
    public static bool TryParseList(string text, out EquatableArray<string> tags, out string bad)
    {
        var entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        bad = Array.Find(entries, entry => !IsValid(entry)) ?? "";
        tags = bad.Length > 0 ? [] : entries.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToEquatableArray();
        return bad.Length == 0;
    }

    private static readonly System.Buffers.SearchValues<char> TagCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}
