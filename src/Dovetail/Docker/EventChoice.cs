using Docker.DotNet.Models;

namespace Dovetail.Docker;

/// <summary>
/// Which events make for a listing: all but those that are known to change nothing, for Docker and Podman call the same thing by
/// different names (<c>destroy</c> and <c>remove</c>; <c>die</c>, in Podman 3 <c>died</c>), and later releases have others.
/// </summary>
internal static class EventChoice
{
    // Of containers: somebody looked at one, or ran something in it, as every HEALTHCHECK does. A colon and details may follow.
    private static readonly string[] Idle =
    [
        "exec", "exec_create", "exec_start", "exec_die", "exec_died", "exec_detach", "attach", "detach", "top", "resize", "copy",
        "archive-path", "extract-to-dir", "export", "commit",
    ];

    public static bool Matters(Message message) => message.Type switch
    {
        "container" => !Idle.Contains((message.Action ?? "").Split(':')[0], StringComparer.Ordinal),

        // An Engine that refuses filters sends also what happens to images, volumes and builds.
        "network" or "service" or "node" or null or "" => true,
        _ => false,
    };
}
