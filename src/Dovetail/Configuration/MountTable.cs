using System.Text.RegularExpressions;

namespace Dovetail.Configuration;

/// <summary>What the kernel says of this process's mounts (proc(5), mountinfo): whether it is in a container, and what outlives that.</summary>
internal sealed partial class MountTable
{
    private readonly List<Mount> _mounts = [];

    private MountTable() { }

    /// <summary>Whether this process is in a container: engines mount these files of their own making, whatever else they do.</summary>
    public bool IsContainer => _mounts.Exists(static mount => mount.Point is "/etc/hosts" or "/etc/hostname");

    /// <summary>The mounts of this process; none where they cannot be read.</summary>
    public static MountTable Read()
    {
        try
        {
            return Parse(File.ReadAllText("/proc/self/mountinfo"));
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return Parse("");
        }
    }

    /// <summary>Reads lines such as <c>36 35 98:0 ROOT POINT OPTIONS … - TYPE SOURCE …</c>; leaves out what it does not understand.</summary>
    public static MountTable Parse(string text)
    {
        var table = new MountTable();
        foreach (var line in text.Split('\n'))
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (separator > 4 && separator + 1 < fields.Length)
            {
                table._mounts.Add(new Mount(Plain(fields[3]), Plain(fields[4]), fields[separator + 1]));
            }
        }

        return table;
    }

    /// <summary>Why a directory does not outlive Dovetail's container.</summary>
    /// <param name="directory">Absolute path.</param>
    /// <returns>Continues "it lies …"; null: it does, or Dovetail is in no container.</returns>
    public string? WhyLost(string directory)
    {
        if (!IsContainer)
        {
            return null;
        }

        // The last of several on one point hides those before.
        var mount = _mounts.Where(mount => Covers(mount.Point, directory)).OrderBy(static mount => mount.Point.Length).LastOrDefault();
        return mount switch
        {
            null or { Point: "/" } => "in Dovetail's own container, and goes with it",
            { Type: "tmpfs" } => "in memory (tmpfs), and goes when the container stops",
            { Root: var root } when AnonymousVolume().IsMatch(root) => "in a volume without a name, which no other container gets",
            _ => null,
        };
    }

    private static bool Covers(string point, string directory) =>
        point == "/" || directory == point || directory.StartsWith(point + "/", StringComparison.Ordinal);

    // A space in a path is written as \040.
    private static string Plain(string path) => path.Replace("\\040", " ", StringComparison.Ordinal);

    // What Docker and Podman call a volume that is given no name.
    [GeneratedRegex("/[0-9a-f]{64}/_data$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AnonymousVolume();

    private sealed record Mount(string Root, string Point, string Type);
}
