using Dovetail.Common;
using Dovetail.Services.Labels;

namespace Dovetail.Configuration;

/// <summary>Finds environment variables that were meant for Dovetail but are none of its own. Looks at names alone.</summary>
internal static class VariableHints
{
    private const string OwnPrefix = "DOVETAIL_";

    // Under these prefixes others than Dovetail's variables have a meaning too: to tailscaled, Docker's tools, OpenTelemetry.
    private static readonly string[] Prefixes = [OwnPrefix, "TS_", "TAILSCALE_", "DOCKER_", "OTEL_"];

    /// <param name="names">Of all variables that are set.</param>
    /// <returns>One line for each, fit to print.</returns>
    public static IEnumerable<string> Of(IEnumerable<string> names)
    {
        foreach (var name in names.Where(static name => Settings.All.All(setting => setting.Variable != name)).Order(StringComparer.Ordinal))
        {
            if (Meant(name) is { } meant)
            {
                yield return $"{Printable.Text(name)} is no variable of Dovetail's and has no effect; did you mean {meant}?";
            }
            else if (name.StartsWith(OwnPrefix, StringComparison.Ordinal))
            {
                yield return $"{Printable.Text(name)} is no variable of Dovetail's and has no effect";
            }
        }
    }

    private static string? Meant(string name)
    {
        if (Prefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)) is not { } prefix)
        {
            return null;
        }

        // TS_AUTH_KEY, DOVETAIL_AUTHKEY, TAILSCALE_AUTHKEY, docker_host: the same letters.
        var rest = name[prefix.Length..];
        var same = Settings.All.FirstOrDefault(setting =>
            Letters(setting.Variable) == Letters(name)
            || (prefix is not ("DOCKER_" or "OTEL_") && Letters(setting.Option) == Letters(rest)));
        if (same is not null || prefix is not (OwnPrefix or "TS_"))
        {
            return same?.Variable;
        }

        // A typing error.
        var known = Settings.All.Where(setting => setting.Variable.StartsWith(prefix, StringComparison.Ordinal))
            .ToDictionary(static setting => setting.Option[2..], static setting => setting.Variable, StringComparer.Ordinal);
        return NearestName.Of(rest.Replace('_', '-'), known.Keys) is { } nearest ? known[nearest] : null;
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsAsciiLetter)).ToUpperInvariant();
}
