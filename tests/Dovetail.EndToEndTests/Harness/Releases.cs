using System.Diagnostics;
using System.Globalization;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The releases of Tailscale that the stand-in plays; those that were recorded.</summary>
internal static class Releases
{
    public const string Oldest = "1.96.5";
    public const string Newest = "1.102.3";

    // The first in which what differs between the two began to.
    private const int FirstNewMinor = 98;

    private static readonly Lazy<string?> Binaries = new(Ask);

    /// <summary>Release of the real binaries; null: the stand-in plays any.</summary>
    public static string? OfBinaries => Binaries.Value;

    /// <summary>Whether what these tests run on behaves as that release does.</summary>
    public static bool IsPlayed(string release) => OfBinaries is not { } real || IsNew(real) == IsNew(release);

    private static bool IsNew(string release) =>
        release.Split('.') is [_, var minor, ..] && int.Parse(minor, CultureInfo.InvariantCulture) >= FirstNewMinor;

    private static string? Ask()
    {
        if (TestSettings.Tailscaled is not { } program)
        {
            return null;
        }

        var start = new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var release = process.StandardOutput.ReadLine();
        process.WaitForExit();
        return release ?? throw new InvalidOperationException($"{program} --version says nothing.");
    }
}
