namespace Dovetail.EndToEndTests.StandIn;

/// <summary>Where the excerpts of recordings are.</summary>
internal static class Recording
{
    public static string Path(string file) => System.IO.Path.Combine(AppContext.BaseDirectory, "StandIn", "Recordings", file);

    public static string Text(string file) => File.ReadAllText(Path(file));
}
