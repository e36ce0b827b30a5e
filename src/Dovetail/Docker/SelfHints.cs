namespace Dovetail.Docker;

/// <summary>Finds the ids that Dovetail's own container may have, in what the kernel shows of this process.</summary>
internal static class SelfHints
{
    private const int ShortIdLength = 12;
    private const int IdLength = 64;

    /// <param name="hostName">By default Docker makes it the short id.</param>
    /// <param name="cgroup"><c>/proc/self/cgroup</c>; names the container unless it has a cgroup namespace of its own.</param>
    /// <param name="mountInfo"><c>/proc/self/mountinfo</c>; shows where the container's /etc/hostname comes from.</param>
    /// <returns>The most trustworthy first, without repeats.</returns>
    public static IReadOnlyList<string> From(string hostName, string cgroup, string mountInfo) =>
        Cgroups(cgroup).Concat(Mounts(mountInfo)).Concat(HostName(hostName)).Distinct(StringComparer.Ordinal).ToArray();

    // 9:cpu:/docker/ID (cgroupfs) or 0::/system.slice/docker-ID.scope (systemd); Podman's is libpod-ID, or libpod-ID.scope/container.
    private static IEnumerable<string> Cgroups(string cgroup)
    {
        foreach (var line in cgroup.Split('\n'))
        {
            var path = line.Trim();
            path = path.EndsWith("/container", StringComparison.Ordinal) ? path[..^"/container".Length] : path;
            var leaf = path[(path.LastIndexOf('/') + 1)..];
            leaf = leaf.EndsWith(".scope", StringComparison.Ordinal) ? leaf[..^".scope".Length] : leaf;
            leaf = leaf[(leaf.LastIndexOf('-') + 1)..];
            if (IsId(leaf))
            {
                yield return leaf;
            }
        }
    }

    // proc(5): "36 35 98:0 ROOT MOUNTPOINT …". The host's own table also names containers, but mounts none of their files on /etc.
    private static IEnumerable<string> Mounts(string mountInfo)
    {
        foreach (var line in mountInfo.Split('\n'))
        {
            if (line.Split(' ') is not [_, _, _, var root, "/etc/hostname" or "/etc/hosts" or "/etc/resolv.conf", ..])
            {
                continue;
            }

            // Podman's directory is named by its storage driver: overlay-containers/ID/userdata/hostname.
            var id = root.Split('/') switch
            {
                [.., "containers", var docker, _] => docker,
                [.., _, var podman, "userdata", _] => podman,
                _ => "",
            };
            if (IsId(id))
            {
                yield return id;
            }
        }
    }

    // Any other host name may be the name of another container.
    private static IEnumerable<string> HostName(string hostName) =>
        hostName.Length is >= ShortIdLength and <= IdLength && hostName.All(char.IsAsciiHexDigitLower) ? [hostName] : [];

    private static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);
}
