using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale version</c> (recording version.txt).</summary>
internal static class VersionCommand
{
    public static async Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string> { "daemon", "json", "upstream" }, new HashSet<string> { "track" });
        string? daemon = null;
        if (flags.IsSet("daemon"))
        {
            using JsonDocument status = await client.StatusAsync(peers: false, cancellation);
            daemon = status.RootElement.Text("Version");
        }

        if (!flags.IsSet("json"))
        {
            CliOutput.Out(daemon is null ? StandInVersion.Text : $"Client: {StandInVersion.Text}Daemon: {daemon}\n");
            return 0;
        }

        byte[] document = Json.Tabbed(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("majorMinorPatch", StandInVersion.Short);
            writer.WriteString("short", StandInVersion.Short);
            writer.WriteString("long", StandInVersion.Long);
            writer.WriteString("gitCommit", StandInVersion.Commit);
            writer.WriteString("extraGitCommit", StandInVersion.OtherCommit);
            if (daemon is not null)
            {
                writer.WriteString("daemonLong", daemon);
            }

            writer.WriteNumber("cap", StandInVersion.Capability);
            writer.WriteEndObject();
        });
        CliOutput.Out(Encoding.UTF8.GetString(document) + "\n");
        return 0;
    }
}
