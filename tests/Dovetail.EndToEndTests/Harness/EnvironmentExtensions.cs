using System.Diagnostics;

namespace Dovetail.EndToEndTests.Harness;

internal static class EnvironmentExtensions
{
    /// <summary>The same variables and one more (or one replaced); null takes it away.</summary>
    public static Dictionary<string, string?> With(this IReadOnlyDictionary<string, string?> environment, string name, string? value) =>
        new(environment) { [name] = value };

    public static Dictionary<string, string?> With(
        this IReadOnlyDictionary<string, string?> environment, IReadOnlyDictionary<string, string?>? more)
    {
        var all = new Dictionary<string, string?>(environment);
        foreach (var (name, value) in more ?? new Dictionary<string, string?>())
        {
            all[name] = value;
        }

        return all;
    }

    /// <summary>Adds to the environment that the tests run in; a null value takes a variable away.</summary>
    public static void SetEnvironment(this ProcessStartInfo start, IReadOnlyDictionary<string, string?>? environment)
    {
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }
    }
}
