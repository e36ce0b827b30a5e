using Dovetail.Processes;

namespace Dovetail.Configuration;

/// <summary>Says what to do about a directory of Dovetail's that it may not use.</summary>
internal static class AccessAdvice
{
    /// <param name="path">The directory that <paramref name="setting"/> names.</param>
    /// <param name="entry">Name of the file or directory in it that cannot be used; null: the directory itself.</param>
    public static string Of(Setting setting, string path, string? entry, Exception failed)
    {
        var what = entry is null ? "it" : $"{entry} in it";
        var me = FileOwner.OfThisProcess;
        return FileOwner.Of(entry is null ? path : Path.Combine(path, entry)) is { } owner && owner != me
            ? $"{setting.Variable}={path}: {what} belongs to user {owner}, and Dovetail runs as user {me}; "
                + $"give all of the directory to that user (chown -R {me}), or run Dovetail as user {owner}"
            : $"{setting.Variable}={path}: {(entry is null ? "" : $"{entry} in it ")}cannot be written ({failed.Message}); "
                + "mount a volume there or name another directory";
    }
}
