using System.Globalization;
using FakeTailscale.Common;

namespace FakeTailscale.Daemon;

/// <summary><c>TS_PARENT_DEATH_FD</c>: the end of that pipe, or any byte on it, ends the daemon at once (recorded).</summary>
internal static class ParentDeath
{
    /// <returns>False when the descriptor is not open: the daemon must not run.</returns>
    public static bool Watch()
    {
        string? text = Environment.GetEnvironmentVariable("TS_PARENT_DEATH_FD");
        if (!int.TryParse(text, CultureInfo.InvariantCulture, out int descriptor) || descriptor <= 2)
        {
            return true;
        }

        if (!Native.IsInherited(descriptor))
        {
            return false;
        }

        Thread watcher = new(() =>
        {
            Native.WaitForEndOrByte(descriptor);
            Native.ExitNow(1);
        })
        {
            IsBackground = true,
            Name = "parent-death",
        };
        watcher.Start();
        return true;
    }
}
