using System.Globalization;
using Dovetail.Common;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Rules of <c>dovetail.allow</c> and the like: who of the tailnet is meant. The only place that reads them.</summary>
internal static class AllowSyntax
{
    private const string Allowed =
        "allowed is a comma list of logins (user@example.com), domains (*@example.com), tags (tag:x) and capabilities (cap:name)";

    private const string TagPrefix = "tag:";
    private const string CapabilityPrefix = "cap:";
    private const string AnyLogin = "*";
    private const int MaxRuleLength = 320;

    /// <summary>
    /// Reads a comma list; spaces around a rule are left out, and so are repeats. A list without a rule is refused: taken as "everybody"
    /// it would open a service whose variable happens to be empty.
    /// </summary>
    public static string? Read(string text, out EquatableArray<AccessRule> rules)
    {
        rules = [];
        var read = new List<AccessRule>();
        foreach (var entry in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (ReadRule(entry) is not { } rule)
            {
                return $"\"{Printable.Text(entry)}\" is no rule; {Allowed}";
            }

            read.Add(rule);
        }

        rules = read.Distinct().ToEquatableArray();
        return null;
    }

    private static AccessRule? ReadRule(string text)
    {
        if (text.Length is 0 or > MaxRuleLength || text.Any(IsUnfit))
        {
            return null;
        }

        if (text.StartsWith(TagPrefix, StringComparison.Ordinal))
        {
            return TagSyntax.IsValid(text) ? new AccessRule.Tag(text) : null;
        }

        if (text.StartsWith(CapabilityPrefix, StringComparison.Ordinal))
        {
            var name = text[CapabilityPrefix.Length..];
            return name.Length > 0 && !name.Contains('*') ? new AccessRule.Capability(name) : null;
        }

        return text.Split('@') is [{ Length: > 0 } login, { Length: > 0 } domain] && !domain.Contains('*')
            ? login == AnyLogin ? new AccessRule.Domain(domain)
                : login.Contains('*') ? null : new AccessRule.Login(text)
            : null;
    }

    private static bool IsUnfit(char character) =>
        char.IsWhiteSpace(character) || char.GetUnicodeCategory(character) is
            UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
}
