namespace FakeTailscale.Tests;

/// <summary>Where the excerpts of recordings are.</summary>
internal static class Recording
{
    public static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "Recordings", file);

    public static string Text(string file) => File.ReadAllText(Path(file));
}
