using System.Globalization;

namespace FakeTailscale.Common;

/// <summary>
/// What the stand-in says it is, and what follows from it. <c>FAKE_TAILSCALE_VERSION=1.102.3</c> makes it another release than the one that
/// most recordings are of.
/// </summary>
internal static class StandInVersion
{
    public const string Commit = "88200dbb4515f7396384b8f1c9e0a80566d18834";
    public const string OtherCommit = "0000000000000000000000000000000000000000";
    public const string GoVersion = "go1.26.10";
    public const int Capability = 133;

    public static string Short { get; } =
        Environment.GetEnvironmentVariable("FAKE_TAILSCALE_VERSION") is { Length: > 0 } claimed ? claimed : "1.96.5";

    public static string Long { get; } = Short + "-t88200dbb4-g000000000";

    /// <summary>The lines of <c>--version</c> (recording version.txt).</summary>
    public static string Text { get; } =
        $"{Short}\n  tailscale commit: {Commit}\n  long version: {Long}\n  other commit: {OtherCommit}\n  go version: {GoVersion}\n";

    /// <summary>PROXY protocol for TCPForward exists since 1.92.</summary>
    public static bool KnowsProxyProtocol { get; } = Minor(Short) >= 92;

    /// <summary>
    /// Since 1.98 a registration that is refused with 429 is tried again when the server's Retry-After says so (recording
    /// rate-limited-1.102.3).
    /// </summary>
    public static bool WaitsOutRateLimits { get; } = Minor(Short) >= 98;

    /// <summary>Since 1.100 changes of the network map are told on the bus as SelfChange only (read in the sources).</summary>
    public static bool TellsNetMap { get; } = Minor(Short) < 100;

    /// <summary>Since 1.102 a rate limit of the certificate authority is answered at once, with its Retry-After.</summary>
    public static bool TellsCertificateLimits { get; } = Minor(Short) >= 102;

    private static int Minor(string version)
    {
        string[] parts = version.Split('.');
        return parts.Length > 1 && int.TryParse(parts[1], CultureInfo.InvariantCulture, out int minor) ? minor : 0;
    }
}
