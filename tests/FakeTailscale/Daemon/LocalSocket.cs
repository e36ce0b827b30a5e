using System.Net.Sockets;

namespace FakeTailscale.Daemon;

/// <summary>The unix socket of the LocalAPI (recording daemon-sockets.txt).</summary>
internal static class LocalSocket
{
    private const int LongestPath = 107;

    /// <exception cref="BackendException">The path cannot be listened on; the message is Tailscale's.</exception>
    public static Socket Listen(string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) > LongestPath)
        {
            throw new BackendException($"safesocket.Listen: listen unix {path}: bind: invalid argument");
        }

        if (File.Exists(path))
        {
            if (IsAlive(path))
            {
                throw new BackendException($"safesocket.Listen: {path}: address already in use");
            }

            File.Delete(path);
        }

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
        {
            const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            Directory.CreateDirectory(directory, Readable);
        }

        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            listener.Bind(new UnixDomainSocketEndPoint(path));
            const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite
                | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
            File.SetUnixFileMode(path, Everybody);
            listener.Listen(128);
            return listener;
        }
        catch (Exception failure) when (failure is SocketException or UnauthorizedAccessException)
        {
            listener.Dispose();
            throw new BackendException($"safesocket.Listen: listen unix {path}: bind: permission denied", failure);
        }
    }

    private static bool IsAlive(string path)
    {
        try
        {
            using Socket probe = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
