using System.Runtime.InteropServices;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>
/// Options of <c>docker run</c> that put the test backend in the place of the test image's web server: this machine's own runtime,
/// read-only.
/// </summary>
internal static class Applications
{
    /// <summary>Where the tests' own programs are in the container.</summary>
    public const string Folder = "/backend";

    // A test program that was published with its runtime has it beside itself; else it is in ROOT/shared/NAME/VERSION.
    private static string[] Runtime { get; } =
        Path.GetFullPath(RuntimeEnvironment.GetRuntimeDirectory()) == Path.GetFullPath(AppContext.BaseDirectory)
        ? []
        : [Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."))];

    private static string[] Libraries { get; } = [.. new[] { "/usr", "/lib", "/lib64" }.Where(Directory.Exists)];

    /// <summary>Puts this machine's programs, its libraries and the tests' own programs into a container.</summary>
    public static IEnumerable<string> Mounts { get; } =
    [
        .. Runtime.SelectMany(root => (string[])["-e", $"DOTNET_ROOT={root}"]),
        .. Libraries.Concat(Runtime).Distinct().SelectMany(path => (string[])["-v", $"{path}:{path}:ro"]),
        "-v", $"{AppContext.BaseDirectory}:{Folder}:ro",
    ];

    /// <param name="stopSignal">TERM: it finishes what it has begun. KILL: it dies at once, whatever is in flight.</param>
    /// <param name="leaveAfter">How long it goes on accepting after SIGTERM.</param>
    public static IEnumerable<string> Options(string stopSignal = "TERM", TimeSpan leaveAfter = default) =>
    [
        "--stop-signal", stopSignal,
        "-e", $"LEAVE_AFTER_MS={leaveAfter.TotalMilliseconds:0}",
        .. Mounts,
        "--entrypoint", $"{Folder}/TestBackend",
    ];

    public static IEnumerable<string> HealthCheck { get; } =
        ["--health-cmd", "/bin/busybox wget -q -O /dev/null http://127.0.0.1/", "--health-interval", "500ms", "--health-timeout", "5s"];

    /// <summary>What Compose labels one of several replicas of a service with.</summary>
    public static IEnumerable<string> Replica(string project, int number) =>
    [
        "-l", $"com.docker.compose.project={project}", "-l", "com.docker.compose.service=web", "-l",
        $"com.docker.compose.container-number={number}",
        "-l", "com.docker.compose.oneoff=False",
    ];
}
