namespace Dovetail.Services.Labels;

/// <summary>Names of services: one label of a host name (RFC 1123 section 2.1), in lower case.</summary>
internal static class NameSyntax
{
    public const int MaxLength = 63;

    private const string Allowed =
        "allowed is one host name label: 1 to 63 lower-case letters a-z, digits and hyphens, with no hyphen at either end";

    /// <summary>Reads the value of a label.</summary>
    public static string? Read(string text, out string name)
    {
        name = text;
        if (IsValid(text))
        {
            return null;
        }

        return Allowed + (Meant(text) is { } meant ? $"; did you mean \"{meant}\"?" : "");
    }

    // A name of other tools, which allow capitals and underscores.
    private static string? Meant(string text) =>
        text.Length <= MaxLength && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or ' ') ? Derive(text) : null;

    public static bool IsValid(string name) =>
        name.Length is >= 1 and <= MaxLength && name[0] != '-' && name[^1] != '-' && name.All(IsNameCharacter);

    /// <summary>Makes a service name of a Compose service's or container's name; null when no character of it can stay.</summary>
    public static string? Derive(string text)
    {
        Span<char> result = stackalloc char[MaxLength];
        var length = 0;
        foreach (var character in text)
        {
            var lower = char.ToLowerInvariant(character);
            var kept = IsNameCharacter(lower) ? lower : '-';
            // Neither a leading hyphen nor a run of them.
            if (kept == '-' && (length == 0 || result[length - 1] == '-'))
            {
                continue;
            }

            result[length++] = kept;
            if (length == MaxLength)
            {
                break;
            }
        }

        var name = result[..length].TrimEnd('-');
        return name.IsEmpty ? null : name.ToString();
    }

    private static bool IsNameCharacter(char character) =>
        char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-';
}
