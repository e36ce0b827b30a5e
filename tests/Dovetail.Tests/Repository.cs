namespace Dovetail.Tests;

/// <summary>The repository that the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string Readme { get; } = File.ReadAllText(Path.Combine(Root, "README.md"));

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "Dovetail.sln")))
        {
            directory = Path.GetDirectoryName(directory)
                ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return directory;
    }
}
