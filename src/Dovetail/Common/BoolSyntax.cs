namespace Dovetail.Common;

/// <summary>Yes and no as labels and environment variables spell them.</summary>
internal static class BoolSyntax
{
    public const string Allowed = "allowed are true, false, yes, no, 1 and 0";

    public static bool TryParse(string text, out bool value)
    {
        value = Is(text, "true") || Is(text, "yes") || text == "1";
        return value || Is(text, "false") || Is(text, "no") || text == "0";
    }

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);
}
