using System.Globalization;

namespace FakeTailscale.Common;

/// <summary>Waits and amounts of the real daemon that tests may want shorter; all read from the environment.</summary>
internal static class Knobs
{
    /// <summary>Bytes of log noise over a start and login, so that a parent which does not drain the pipe is caught.</summary>
    public static int StderrNoise { get; } = Read("FAKE_TAILSCALE_STDERR_NOISE", 72_000);

    /// <summary>How long the map poll must be lost before Health says so (recorded: 8 to 9 minutes).</summary>
    public static TimeSpan MapPollHealthDelay { get; } = Milliseconds("FAKE_TAILSCALE_MAP_POLL_HEALTH_DELAY_MS", 520_000);

    /// <summary>Longest pause between two map polls while the control server is away.</summary>
    public static TimeSpan MapPollRetry { get; } = Milliseconds("FAKE_TAILSCALE_MAP_POLL_RETRY_MS", 2_000);

    /// <summary>How long a logout waits for an unreachable control server (recorded: 19 s).</summary>
    public static TimeSpan LogoutTimeout { get; } = Milliseconds("FAKE_TAILSCALE_LOGOUT_TIMEOUT_MS", 19_000);

    /// <summary>After this a peer resets a connection whose node has died; 0 leaves it hanging, as recorded.</summary>
    public static TimeSpan DeadPeerStall { get; } = Milliseconds("FAKE_TAILSCALE_DEAD_PEER_STALL_MS", 0);

    /// <summary>Whether the control program has only what every control program has.</summary>
    public static bool OnlyCommonRig { get; } = Read("FAKE_TAILSCALE_ONLY_COMMON_RIG", 0) != 0;

    /// <summary>
    /// Address to listen on for plain connections and, after a space, the tailnet address of the peer that they are taken to come from;
    /// empty: none are taken (<see cref="DataPath.Door"/>).
    /// </summary>
    public static string Door { get; } = Environment.GetEnvironmentVariable("FAKE_TAILSCALE_DOOR") ?? "";

    private static TimeSpan Milliseconds(string name, int otherwise) => TimeSpan.FromMilliseconds(Read(name, otherwise));

    private static int Read(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
