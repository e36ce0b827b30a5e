using System.Globalization;
using ProfileMaker.Mibc;
using ProfileMaker.Profiles;
using ProfileMaker.Traces;

namespace ProfileMaker;

/// <summary>
/// Makes a profile for the native compiler out of what instrumented code counted in a managed run. It does what
/// <c>dotnet-pgo create-mibc</c> of dotnet/runtime does, which is in no package.
/// </summary>
internal static class Program
{
    private const string Usage =
        """
        usage: ProfileMaker OUT.mibc MINIMUM TRACE...
          OUT.mibc  is replaced
          MINIMUM   methods whose counters add up to less are left out
          TRACE     .nettrace files; the assemblies that they name have to lie where they lay
        """;

    private static int Main(string[] arguments)
    {
        if (arguments is not [var output, var least, _, ..]
            || !long.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var minimum))
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }

        try
        {
            Make(output, minimum, arguments[2..]);
            return 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException or BadImageFormatException)
        {
            Console.Error.WriteLine($"ProfileMaker: {failure.Message}");
            return 1;
        }
    }

    private static void Make(string output, long minimum, IEnumerable<string> traces)
    {
        using var modules = new ModuleFiles();
        var profiles = new ProfileSet();
        foreach (var trace in traces)
        {
            foreach (var profile in new TraceReader(modules).Read(trace))
            {
                profiles.Add(profile);
            }
        }

        MibcWriter.Write(output, profiles.AtLeast(minimum));
    }
}
