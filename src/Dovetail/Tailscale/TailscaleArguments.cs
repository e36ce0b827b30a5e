using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Common;

namespace Dovetail.Tailscale;

/// <summary>Argument lists of <c>tailscaled</c> and of the <c>tailscale</c> command. None holds a secret.</summary>
internal static class TailscaleArguments
{
    /// <summary>The daemon itself.</summary>
    /// <param name="stateDirectory">The service's own state directory; created by tailscaled with mode 0700.</param>
    /// <param name="socket">The service's own LocalAPI socket.</param>
    public static ImmutableArray<string> Daemon(string stateDirectory, string socket) =>
    [
        "--tun=userspace-networking",
        $"--statedir={stateDirectory}",
        $"--socket={socket}",
        // Two daemons on one port: the second would log errors and take a random port all the same.
        "--port=0",
    ];

    /// <summary>The daemon's environment.</summary>
    /// <param name="inherited">Without secrets.</param>
    /// <param name="parentDeath">The descriptor whose end of file ends the daemon.</param>
    /// <param name="logs">Directory of its own for tailscaled's log settings and buffers.</param>
    /// <param name="memory">Soft memory limit in bytes.</param>
    public static ImmutableDictionary<string, string> DaemonEnvironment(
        ImmutableDictionary<string, string> inherited, string parentDeath, string logs, long memory)
    {
        // Since 1.98. Without them a client that vanished from a forwarded connection is let go after two hours.
        return ImmutableDictionary<string, string>.Empty
            .SetItem("TS_NETSTACK_KEEPALIVE_IDLE", "60s")
            .SetItem("TS_NETSTACK_KEEPALIVE_INTERVAL", "15s")
            .SetItems(inherited)
            .SetItem("TS_PARENT_DEATH_FD", parentDeath)
            .SetItem("TS_LOGS_DIR", logs)
            .SetItem("GOMEMLIMIT", memory.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary><c>--reset</c> makes what is not named the default, so that the command describes the node completely.</summary>
    public static ImmutableArray<string> Up(string socket, UpOptions options)
    {
        var arguments = ImmutableArray.CreateBuilder<string>();
        arguments.Add($"--socket={socket}");
        arguments.Add("up");
        arguments.Add("--reset");
        if (options.KeyFile is { } keyFile)
        {
            arguments.Add($"--auth-key=file:{keyFile}");
        }

        arguments.Add($"--hostname={options.HostName}");
        if (options.Tags.Count > 0)
        {
            arguments.Add($"--advertise-tags={string.Join(',', options.Tags)}");
        }

        if (options.ControlUrl is { } controlUrl)
        {
            arguments.Add($"--login-server={controlUrl}");
        }

        arguments.Add("--accept-dns=false");
        if (options.ForceReauth)
        {
            arguments.Add("--force-reauth");
        }

        arguments.Add($"--timeout={Seconds(options.Timeout)}");
        return arguments.ToImmutable();
    }

    /// <summary>
    /// Writes the chain, leaf first, and then the key to standard output, in PEM; so neither is ever in a file of Dovetail's.
    /// </summary>
    /// <param name="domain">One of the status document's CertDomains, to the letter.</param>
    /// <param name="minValidity">
    /// Zero: a certificate that is still valid is answered at once. Else one that is valid for less is replaced first, and it
    /// is an error if that fails; more than what the CA issues would order a new one at every call.
    /// </param>
    public static ImmutableArray<string> Cert(string socket, string domain, TimeSpan minValidity)
    {
        ImmutableArray<string> validity = minValidity > TimeSpan.Zero ? [$"--min-validity={Seconds(minValidity)}"] : [];
        return [$"--socket={socket}", "cert", "--cert-file=-", "--key-file=-", .. validity, domain];
    }

    public static ImmutableArray<string> Logout(string socket) => [$"--socket={socket}", "logout"];

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalSeconds}s");
}

/// <summary>What <c>tailscale up</c> is to bring about.</summary>
internal sealed record UpOptions
{
    public required string HostName { get; init; }

    public EquatableArray<string> Tags { get; init; }

    /// <summary>Null: Tailscale's own.</summary>
    public string? ControlUrl { get; init; }

    /// <summary>
    /// A file with the auth key; null: without a key. Only for a node that needs login: a refused key cuts off a running one.
    /// </summary>
    public string? KeyFile { get; init; }

    /// <summary>How long the command waits for the node to run; whole seconds.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Logs in anew; without it tailscale refuses another control server on a node that is logged in.</summary>
    public bool ForceReauth { get; init; }
}
