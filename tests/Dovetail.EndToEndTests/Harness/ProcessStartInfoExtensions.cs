using System.Diagnostics;

namespace Dovetail.EndToEndTests.Harness;

internal static class ProcessStartInfoExtensions
{
    /// <summary>Adds to the environment that the tests run in; a null value takes a variable away.</summary>
    public static void SetEnvironment(this ProcessStartInfo start, IReadOnlyDictionary<string, string?>? environment)
    {
        foreach (var (name, value) in environment ?? new Dictionary<string, string?>())
        {
            start.Environment[name] = value;
        }
    }
}
