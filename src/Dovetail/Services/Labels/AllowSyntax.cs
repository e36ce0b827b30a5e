using System.Globalization;
using Dovetail.Common;

namespace Dovetail.Services.Labels;

/// <summary>Rules of <c>dovetail.allow</c>: who of the tailnet may use a service.</summary>
internal static class AllowSyntax
{
    public const string Allowed = "allowed is a comma list of logins (user@example.com), domains (*@example.com), tags (tag:x) and capabilities (cap:name)";

    private const string CapPrefix = "cap:";
    private const int MaxRuleLength = 320;

    /// <summary>
    /// Reads a comma list; spaces around a rule are left out, and so are repeats. A list without a rule is not valid: taken as "everybody"
    /// it would open a service whose variable happens to be empty.
    /// </summary>
    /// <param name="bad">The first entry that is no rule; empty when there is none.</param>
    public static bool TryParseList(string text, out EquatableArray<string> rules, out string bad)
    {
        var entries = text.Split(',', StringSplitOptions.TrimEntries);
        bad = Array.Find(entries, entry => !IsValid(entry)) ?? "";
        var valid = Array.TrueForAll(entries, IsValid);
        rules = valid ? entries.Distinct(StringComparer.Ordinal).ToEquatableArray() : [];
        return valid;
    }

    private static bool IsValid(string rule)
    {
        if (rule.Length is 0 or > MaxRuleLength || rule.Any(IsUnfit))
        {
            return false;
        }

        if (rule.StartsWith("tag:", StringComparison.Ordinal))
        {
            return TagSyntax.IsValid(rule);
        }

        if (rule.StartsWith(CapPrefix, StringComparison.Ordinal))
        {
            return rule.Length > CapPrefix.Length && !rule.Contains('*');
        }

        var at = rule.IndexOf('@');
        return at > 0 && at < rule.Length - 1 && rule.IndexOf('@', at + 1) < 0
            && !rule.AsSpan(at + 1).Contains('*') && (rule[..at] == "*" || !rule.AsSpan(0, at).Contains('*'));
    }

    private static bool IsUnfit(char character) =>
        char.IsWhiteSpace(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
