using System.Collections.Immutable;

namespace Dovetail.Tailscale;

/// <summary>The argument list of one tailscaled.</summary>
internal static class TailscaledArguments
{
    /// <param name="stateDirectory">The service's own state directory; created by tailscaled with mode 0700.</param>
    /// <param name="socket">The service's own LocalAPI socket.</param>
    public static ImmutableArray<string> For(string stateDirectory, string socket) =>
    [
        "--tun=userspace-networking",
        $"--statedir={stateDirectory}",
        $"--socket={socket}",
        // Two daemons on one port: the second would log errors and take a random port all the same.
        "--port=0",
    ];
}
