using System.Collections;
using System.Collections.Immutable;

namespace Dovetail.Processes;

/// <summary>The environment that children inherit: this process's own less every secret and less Dovetail's own settings.</summary>
internal static class ChildEnvironment
{
    /// <summary>What the children of this process are given.</summary>
    public static ImmutableDictionary<string, string> OfThisProcess() => From(Environment.GetEnvironmentVariables());

    /// <param name="variables">This process's environment.</param>
    public static ImmutableDictionary<string, string> From(IDictionary variables)
    {
        var kept = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            if (!IsSecret(name) && !name.StartsWith("DOVETAIL_", StringComparison.Ordinal))
            {
                kept[name] = (string?)variable.Value ?? "";
            }
        }

        return kept.ToImmutable();
    }

    // Containers are given secrets under all of these spellings.
    private static bool IsSecret(string name) =>
        name.Contains("AUTHKEY", StringComparison.OrdinalIgnoreCase)
        || name.Contains("AUTH_KEY", StringComparison.OrdinalIgnoreCase)
        || name.Contains("SECRET", StringComparison.OrdinalIgnoreCase)
        || name.Contains("PASSWORD", StringComparison.OrdinalIgnoreCase)
        || name.Contains("TOKEN", StringComparison.OrdinalIgnoreCase)
        // OTEL_EXPORTER_OTLP_HEADERS and those of single signals: what collectors want for a login.
        || (name.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) && name.Contains("HEADERS", StringComparison.OrdinalIgnoreCase));
}
