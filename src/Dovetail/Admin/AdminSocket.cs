namespace Dovetail.Admin;

/// <summary>Where the admin API listens: a unix socket, because a port on loopback could be reached from the tailnet (DESIGN §6.1).</summary>
internal static class AdminSocket
{
    public static string PathIn(string runtimeDirectory) => Path.Combine(runtimeDirectory, "dovetail.sock");
}
