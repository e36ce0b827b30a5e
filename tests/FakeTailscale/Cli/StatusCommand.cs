using System.Globalization;
using System.Text;
using System.Text.Json;
using FakeTailscale.Common;
using FakeTailscale.Daemon;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale status</c> (recording status-cli.txt).</summary>
internal static class StatusCommand
{
    public static async Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string> { "json", "peers", "active", "self" }, new HashSet<string>());
        byte[] body = await client.StatusBytesAsync(flags.IsSet("peers", otherwise: true), cancellation);
        if (flags.IsSet("json"))
        {
            CliOutput.Out(Json.Spaced(body));
            return 0;
        }

        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement status = document.RootElement;
        string health = Health(status);
        switch (status.Text("BackendState"))
        {
            case nameof(IpnState.Stopped):
                CliOutput.Out("Tailscale is stopped.\n");
                return 1;
            case nameof(IpnState.NeedsLogin):
                string url = status.Text("AuthURL");
                CliOutput.Out(url.Length > 0 ? $"Logged out.\nLog in at: {url}\n" : "Logged out.\n");
                return 1;
            case nameof(IpnState.NeedsMachineAuth):
                CliOutput.Out("Machine is not yet approved by tailnet admin.\n");
                return 1;
            case nameof(IpnState.Running) or nameof(IpnState.Starting):
                CliOutput.Out(Table(status) + (health.Length > 0 ? "\n" + health : ""));
                return 0;
            default:
                CliOutput.Out((health.Length > 0 ? health + "\n" : "") + $"unexpected state: {status.Text("BackendState")}\n");
                return 1;
        }
    }

    private static string Health(JsonElement status)
    {
        string[] warnings = status.Texts("Health");
        return warnings.Length == 0 ? "" : "# Health check:\n" + string.Concat(warnings.Select(static warning => $"#     - {warning}\n"));
    }

    private static string Table(JsonElement status)
    {
        List<string[]> rows = [Row(status, status.GetProperty("Self"), self: true)];
        JsonElement peers = status.GetProperty("Peer");
        if (peers.ValueKind == JsonValueKind.Object)
        {
            rows.AddRange(peers.EnumerateObject().Select(static peer => peer.Value)
                .OrderBy(static peer => peer.Text("DNSName"), StringComparer.Ordinal).Select(peer => Row(status, peer, self: false)));
        }

        int[] widths = [.. Enumerable.Range(0, 5).Select(column => rows.Max(row => row[column].Length))];
        StringBuilder text = new();
        foreach (string[] row in rows)
        {
            text.AppendJoin("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).Append("  \n");
        }

        return text.ToString();
    }

    private static string[] Row(JsonElement status, JsonElement node, bool self)
    {
        string id = node.Number("UserID").ToString(CultureInfo.InvariantCulture);
        JsonElement users = status.GetProperty("User");
        string login = users.ValueKind == JsonValueKind.Object && users.TryGetProperty(id, out JsonElement user)
            ? user.Text("LoginName")
            : "";
        int at = login.IndexOf('@', StringComparison.Ordinal);
        string state = self || node.IsTrue("Online") ? "-"
            : node.Text("LastSeen") is { Length: > 0 } seen && seen != GoTime.Zero
                ? $"offline, last seen {Ago(GoTime.Parse(seen))} ago"
                : "offline";
        string name = node.Text("DNSName").Split('.')[0];
        return [node.Texts("TailscaleIPs")[0], name, at < 0 ? login : login[..(at + 1)], node.Text("OS"), state];
    }

    private static string Ago(DateTimeOffset time)
    {
        TimeSpan age = TimeProvider.System.GetUtcNow() - time;
        return age.TotalHours >= 1 ? $"{(int)age.TotalHours}h" : $"{Math.Max(1, (int)age.TotalMinutes)}m";
    }
}
