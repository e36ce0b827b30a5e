namespace Dovetail.Compose;

/// <summary>The <c>.env</c> file that lies beside a Compose file.</summary>
internal static class DotEnv
{
    public const string FileName = ".env";

    /// <summary>Reads <c>NAME=value</c> lines; quotes around a value and comments go, and what is no such line is left out.</summary>
    public static IReadOnlyDictionary<string, string> Parse(string text)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            var plain = line.StartsWith("export ", StringComparison.Ordinal) ? line["export ".Length..].TrimStart() : line;
            var equals = plain.IndexOf('=');
            if (equals > 0 && plain[0] != '#')
            {
                variables[plain[..equals].TrimEnd()] = ValueOf(plain[(equals + 1)..].TrimStart());
            }
        }

        return variables;
    }

    private static string ValueOf(string text)
    {
        if (text is ['"' or '\'', _, ..] && text.IndexOf(text[0], 1) is > 0 and var end)
        {
            return text[1..end];
        }

        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return comment < 0 ? text : text[..comment].TrimEnd();
    }
}
