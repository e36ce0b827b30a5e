using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.Cli;

/// <summary>The small commands: <c>down</c>, <c>logout</c>, <c>ip</c> and <c>wait</c>.</summary>
internal static class StateCommands
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public static async Task<int> DownAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        _ = GoFlags.Parse(arguments, new HashSet<string>(), new HashSet<string> { "accept-risk", "reason" });
        using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
        if (status.RootElement.Text("BackendState") == nameof(IpnState.Stopped))
        {
            CliOutput.Error("Tailscale was already stopped.\n");
            return 0;
        }

        await client.CallAsync("PATCH", "prefs", """{"WantRunning":false,"WantRunningSet":true}"""u8.ToArray(), cancellation);
        return 0;
    }

    public static async Task<int> LogoutAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        _ = GoFlags.Parse(arguments, new HashSet<string>(), new HashSet<string> { "reason" });
        await client.CallAsync("POST", "logout", [], cancellation);
        return 0;
    }

    public static async Task<int> IpAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string> { "1", "4", "6" }, new HashSet<string>());
        using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
        string[] addresses = status.RootElement.Texts("TailscaleIPs");
        if (addresses.Length == 0)
        {
            throw new CliException("no current Tailscale IPs; state: " + status.RootElement.Text("BackendState"));
        }

        foreach (string address in addresses)
        {
            bool version6 = address.Contains(':', StringComparison.Ordinal);
            if ((!flags.IsSet("4") || !version6) && (!flags.IsSet("6") || version6))
            {
                CliOutput.Out(address + "\n");
                if (flags.IsSet("1"))
                {
                    break;
                }
            }
        }

        return 0;
    }

    public static async Task<int> WaitAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string>(), new HashSet<string> { "timeout" });
        if (!GoDuration.TryParse(flags.Text("timeout", "0s"), out TimeSpan timeout))
        {
            throw new GoFlagException($"invalid value \"{flags.Text("timeout")}\" for flag -timeout: parse error");
        }

        long start = TimeProvider.System.GetTimestamp();
        while (timeout == TimeSpan.Zero || TimeProvider.System.GetElapsedTime(start) < timeout)
        {
            using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
            if (status.RootElement.Text("BackendState") == nameof(IpnState.Running))
            {
                return 0;
            }

            await Task.Delay(Poll, cancellation);
        }

        throw new CliException("context deadline exceeded");
    }
}
