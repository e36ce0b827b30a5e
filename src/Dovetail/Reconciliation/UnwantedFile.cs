using System.Globalization;
using Dovetail.Services.Labels;

namespace Dovetail.Reconciliation;

/// <summary>
/// Keeps the times beside the state directories, a line for each: name, when it was last used and seconds. Without the file, or where it
/// cannot be read, they begin anew, so that what is lost delays and never hurries.
/// </summary>
internal static class UnwantedFile
{
    public static string PathIn(string stateRoot) => Path.Combine(stateRoot, ".unwanted");

    public static IReadOnlyList<UnwantedTime> Read(string stateRoot)
    {
        try
        {
            return [.. File.ReadLines(PathIn(stateRoot)).Select(ReadLine).OfType<UnwantedTime>()];
        }
        catch (Exception none) when (none is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be written.</exception>
    public static void Write(string stateRoot, IEnumerable<UnwantedTime> times)
    {
        // Renamed into its place, so that no end of the daemon leaves half of it.
        var path = PathIn(stateRoot);
        File.WriteAllLines(path + ".new", times.Select(Line));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static string Line(UnwantedTime time) => string.Create(
        CultureInfo.InvariantCulture, $"{time.Name} {time.LastUsed.UtcTicks} {(long)time.Seen.TotalSeconds}");

    private static UnwantedTime? ReadLine(string line) =>
        line.Split(' ') is [var name, var used, var seen]
        && NameSyntax.IsValid(name)
        && long.TryParse(used, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks <= DateTime.MaxValue.Ticks
        && int.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? new UnwantedTime(name, new DateTimeOffset(ticks, TimeSpan.Zero), TimeSpan.FromSeconds(seconds))
            : null;
}
