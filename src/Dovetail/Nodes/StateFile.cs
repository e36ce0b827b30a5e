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
