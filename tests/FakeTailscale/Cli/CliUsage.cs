namespace FakeTailscale.Cli;

/// <summary>First lines of the usage texts (recordings version.txt and up-errors-*.txt); the lists of flags are shortened.</summary>
internal static class CliUsage
{
    public static string Of(string command) => command switch
    {
        "up" =>
            """
            Connect to Tailscale, logging in if needed

            USAGE
              tailscale up [flags]

            "tailscale up" connects this machine to your Tailscale network,
            triggering authentication if necessary.

            With no flags, "tailscale up" brings the network online without
            changing any settings. (That is, it's the opposite of "tailscale
            down").

            If flags are specified, the flags must be the complete set of desired
            settings. An error is returned if any setting would be changed as a
            result of an unspecified flag's default value, unless the --reset flag
            is also used.

            """,
        "version" =>
            """
            Print Tailscale version

            USAGE
              tailscale version [flags]

            FLAGS
              --daemon, --daemon=false
                	also print local node's daemon version (default false)
              --json, --json=false
                	output in JSON format (default false)
              --track value
                	which track to check for updates: "stable", "release-candidate", or "unstable" (dev); empty means same as current
              --upstream, --upstream=false
                	fetch and print the latest upstream release version from pkgs.tailscale.com (default false)

            """,
        "" =>
            """
            The easiest, most secure way to use WireGuard.

            USAGE
              tailscale [flags] <subcommand> [command flags]

            """,
        _ => $"USAGE\n  tailscale {command} [flags]\n",
    };
}
