using System.Security.Cryptography;
using System.Text;

namespace Dovetail.Nodes;

/// <summary>Where the files of one service's node are.</summary>
internal sealed record NodePaths
{
    // sun_path holds 108 bytes with the closing zero; tailscaled answers a longer path with "bind: invalid argument".
    private const int MaxSocketPath = 107;

    /// <summary>The state directory, the same as the Go Dovetail's: <c>tailscaled.state</c> and <c>certs/</c>.</summary>
    public required string State { get; init; }

    /// <summary>The LocalAPI socket.</summary>
    public required string Socket { get; init; }

    /// <summary>tailscaled's own log settings and buffers, which all daemons of a host would share otherwise.</summary>
    public required string Logs { get; init; }

    public static NodePaths For(string stateRoot, string runtimeDirectory, string service)
    {
        var sockets = Path.Combine(runtimeDirectory, "nodes");
        var socket = Path.Combine(sockets, $"{service}.sock");
        if (Encoding.UTF8.GetByteCount(socket) > MaxSocketPath)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(service)).AsSpan(0, 6);
            socket = Path.Combine(sockets, $"{Convert.ToHexStringLower(hash)}.sock");
        }

        return new NodePaths
        {
            State = Path.Combine(stateRoot, service),
            Socket = socket,
            Logs = Path.Combine(runtimeDirectory, "logs", service),
        };
    }

    /// <summary>Whether sockets of every service fit below the directory.</summary>
    public static bool Fits(string runtimeDirectory) =>
        Encoding.UTF8.GetByteCount(Path.Combine(runtimeDirectory, "nodes", "0123456789ab.sock")) <= MaxSocketPath;
}
