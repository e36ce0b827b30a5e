namespace Dovetail.EndToEndTests.Harness;

/// <summary>What the end-to-end tests are told from outside; <c>tests/run</c> sets the first two.</summary>
internal static class TestSettings
{
    /// <summary>The Docker Engine on this machine, as a <c>DOCKER_HOST</c>.</summary>
    /// <exception cref="InvalidOperationException">Not set: these tests are never skipped silently.</exception>
    public static string DockerHost => Optional("DOVETAIL_TEST_DOCKER_HOST") ?? throw new InvalidOperationException(
        "DOVETAIL_TEST_DOCKER_HOST is not set. The end-to-end tests need a Docker Engine on this machine: run tests/run, which finds or " +
        "starts one, or set the variable (such as unix:///var/run/docker.sock).");

    /// <summary>Podman on this machine, as a <c>DOCKER_HOST</c>; null: there is none.</summary>
    public static string? PodmanHost => Optional("DOVETAIL_TEST_PODMAN_HOST");

    /// <summary>A statically linked busybox; the test containers are made of it.</summary>
    public static string Busybox => Optional("DOVETAIL_TEST_BUSYBOX") ?? "/bin/busybox";

    /// <summary>The natively compiled Dovetail; null: the build that lies beside the tests.</summary>
    public static string? Daemon => Optional("DOVETAIL_TEST_DAEMON");

    /// <summary>The stand-in for Tailscale and its control server; default the build that lies beside the tests.</summary>
    public static string StandIn => Optional("DOVETAIL_TEST_STAND_IN") ?? Path.Combine(AppContext.BaseDirectory, "FakeTailscale");

    /// <summary>Chromium; null: there is none.</summary>
    public static string? Chromium => Optional("DOVETAIL_TEST_CHROMIUM") ?? (File.Exists("/usr/bin/chromium") ? "/usr/bin/chromium" : null);

    public static string? Tailscaled => Optional("DOVETAIL_TEST_TAILSCALED");

    public static string? Tailscale => Optional("DOVETAIL_TEST_TAILSCALE");

    /// <summary>A control program (see CONTRIBUTING); null: the stand-in's.</summary>
    public static string? Control => Optional("DOVETAIL_TEST_CONTROL");

    /// <summary>Whether the tests run on the real binaries.</summary>
    public static bool IsReal => Tailscaled is not null;

    /// <summary>Directory where screenshots of the dashboard are left to look at; null: nowhere.</summary>
    public static string? Screenshots => Optional("DOVETAIL_TEST_SCREENSHOTS");

    /// <summary>As which release the stand-in behaves where a test does not choose; default the newest.</summary>
    public static string Release => Optional("DOVETAIL_TEST_VERSION") ?? Releases.Newest;

    /// <summary>Whether the long tests run at full length (<c>DOVETAIL_TEST_FULL=1</c>): minutes instead of seconds.</summary>
    public static bool Full => Optional("DOVETAIL_TEST_FULL") is not null;

    private static string? Optional(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
