using System.Globalization;
using System.Text.Json;

namespace Dovetail.Nodes;

/// <summary>tailscaled's state file, seen from outside.</summary>
internal static class StateFile
{
    private const string Name = "tailscaled.state";

    /// <summary>
    /// Moves a file aside that tailscaled could not read: it would run without any state and never come up (recorded).
    /// Only while no tailscaled runs on the directory.
    /// </summary>
    /// <returns>Where the file is now; null when there was nothing to move.</returns>
    /// <exception cref="IOException">The directory cannot be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory cannot be read or written.</exception>
    public static string? MoveAsideIfBroken(string directory, DateTimeOffset now)
    {
        var file = Path.Combine(directory, Name);
        if (!File.Exists(file) || IsReadable(file))
        {
            return null;
        }

        var aside = $"{file}.broken-{now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}";
        File.Move(file, aside, overwrite: true);
        return aside;
    }

    /// <summary>Notes that a tailscaled uses, or has just used, the directory: it writes its state only when that changes.</summary>
    public static void MarkUsed(string directory, DateTimeOffset now)
    {
        try
        {
            Directory.SetLastWriteTimeUtc(directory, now.UtcDateTime);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            // There is none yet, or it is not ours: then what its files say has to do.
        }
    }

    /// <summary>The directories below <paramref name="root"/> in which a tailscaled has kept its state.</summary>
    public static IReadOnlyList<StoredState> Find(string root)
    {
        try
        {
            return
            [
                .. from directory in new DirectoryInfo(root).EnumerateDirectories()
                   let file = new FileInfo(Path.Combine(directory.FullName, Name))
                   where file.Exists
                   let last = file.LastWriteTimeUtc > directory.LastWriteTimeUtc ? file.LastWriteTimeUtc : directory.LastWriteTimeUtc
                   select new StoredState(directory.Name, new DateTimeOffset(last)),
            ];
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsReadable(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            using var document = JsonDocument.Parse(stream);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
