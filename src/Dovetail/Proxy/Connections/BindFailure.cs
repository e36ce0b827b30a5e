using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Dovetail.Proxy.Connections;

/// <summary>Tells failures to bind a port from others: Kestrel and its transport report them in different ways.</summary>
internal static class BindFailure
{
    // listen() can find an address taken after bind() did not, and that comes as a bare SocketException.
    public static bool Is(Exception exception) => exception is IOException or SocketException or AddressInUseException;
}
