using System.Runtime.InteropServices;
using Dovetail.Common;

namespace Dovetail.Processes;

/// <summary>Which user of the machine owns a file.</summary>
internal static partial class FileOwner
{
    /// <summary>The user that this process acts as.</summary>
    public static uint OfThisProcess => EffectiveUser();

    /// <returns>Null: there is no such file, or it cannot be looked at.</returns>
    public static uint? Of(string path) => FileStatus.Of(path)?.User;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
