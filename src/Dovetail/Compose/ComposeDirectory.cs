namespace Dovetail.Compose;

/// <summary>Where the paths in a Compose file start from, and which variables hold in it.</summary>
/// <param name="Path">As it was given, so that messages name files as their reader does.</param>
/// <param name="Variables">Value of a variable; null: not set.</param>
internal sealed record ComposeDirectory(string Path, Func<string, string?> Variables)
{
    // Resources on other machines, which Compose fetches.
    private static readonly string[] Remote = ["oci:", "oci://", "http:", "https:", "ssh:", "git@", "git:"];

    /// <returns>The path of a file that is named here.</returns>
    public string Resolve(string path) => System.IO.Path.Combine(Path, path);

    public static bool IsRemote(string path) =>
        Remote.Any(start => path.StartsWith(start, StringComparison.Ordinal)) || path.Contains(".git#", StringComparison.Ordinal)
        || path.EndsWith(".git", StringComparison.Ordinal);
}
