using System.Net.Sockets;

namespace FakeTailscale.Common;

/// <summary>System errors in the words of Go's net and os packages.</summary>
internal static class GoSocketError
{
    public static string Describe(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "i/o timeout",
        SocketError.ConnectionReset => "read: connection reset by peer",
        SocketError.AddressNotAvailable => "connect: no such file or directory",
        SocketError.AddressAlreadyInUse => "bind: address already in use",
        SocketError.AccessDenied => "connect: permission denied",
        _ => $"socket error {error}",
    };

    public static string Describe(IOException exception, string path) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => $"open {path}: no such file or directory",
        _ => (exception.HResult & 0xffff) switch
        {
            20 => $"open {path}: not a directory",
            28 => $"open {path}: no space left on device",
            30 => $"open {path}: read-only file system",
            _ => $"open {path}: {exception.Message}",
        },
    };
}
