using System.Text;
using Dovetail.Common;

namespace Dovetail.Compose;

/// <summary>Variables in the values of a Compose file, by the rules of the Compose specification ("Interpolation").</summary>
/// <param name="variables">Value of a variable; null: not set.</param>
/// <param name="missing">Takes the names of those that are not set, of several files together; null: of this one.</param>
internal sealed class Interpolation(Func<string, string?> variables, SortedSet<string>? missing = null)
{
    // Far more than anybody nests; it bounds the recursion.
    private const int MaxDepth = 16;

    private readonly SortedSet<string> _missing = missing ?? new(StringComparer.Ordinal);

    /// <summary>Variables that were asked for, are not set and have no default; an empty text stands in for them.</summary>
    public IReadOnlyCollection<string> Missing => _missing;

    /// <exception cref="ComposeException">The text is no valid expression.</exception>
    public string Apply(string text) => Apply(text, 0);

    private string Apply(string text, int depth)
    {
        if (!text.Contains('$') || depth > MaxDepth)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '$' || at == text.Length - 1)
            {
                result.Append(text[at++]);
            }
            else if (text[at + 1] == '$')
            {
                result.Append('$');
                at += 2;
            }
            else if (text[at + 1] == '{')
            {
                var end = EndOf(text, at + 2);
                result.Append(Value(text[(at + 2)..end], depth));
                at = end + 1;
            }
            else
            {
                var length = NameLength(text.AsSpan(at + 1));
                result.Append(length == 0 ? "$" : Plain(text.Substring(at + 1, length)));
                at += 1 + length;
            }
        }

        return result.ToString();
    }

    private static int EndOf(string text, int start)
    {
        var open = 1;
        for (var at = start; at < text.Length; at++)
        {
            open += text[at] == '}' ? -1 : text[at] == '{' && text[at - 1] == '$' ? 1 : 0;
            if (open == 0)
            {
                return at;
            }
        }

        throw Invalid(text);
    }

    // NAME, NAME:-default, NAME-default, NAME:+replacement, NAME+replacement, NAME:?message, NAME?message.
    private string Value(string expression, int depth)
    {
        var length = NameLength(expression);
        var (name, rest) = (expression[..length], expression[length..]);
        if (length == 0)
        {
            throw Invalid(expression);
        }

        if (rest.Length == 0)
        {
            return Plain(name);
        }

        var emptyCounts = rest[0] != ':';
        var (kind, other) = emptyCounts ? (rest[0], rest[1..]) : rest.Length > 1 ? (rest[1], rest[2..]) : throw Invalid(expression);
        var value = variables(name) is { } set && (emptyCounts || set.Length > 0) ? set : null;
        return kind switch
        {
            '-' => value ?? Apply(other, depth + 1),
            '+' => value is null ? "" : Apply(other, depth + 1),
            '?' => value ?? Plain(name),
            _ => throw Invalid(expression),
        };
    }

    private string Plain(string name)
    {
        if (variables(name) is { } value)
        {
            return value;
        }

        _missing.Add(name);
        return "";
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length
            && (text[length] == '_' || char.IsAsciiLetter(text[length]) || (length > 0 && char.IsAsciiDigit(text[length]))))
        {
            length++;
        }

        return length;
    }

    private static ComposeException Invalid(string text) => new(
        $"\"{Printable.Text(text)}\" is no variable of Compose: write ${{NAME}}, ${{NAME:-default}}, or $$ for a dollar");
}
