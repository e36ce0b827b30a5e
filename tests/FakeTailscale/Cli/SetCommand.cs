using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale set</c>.</summary>
internal static class SetCommand
{
    public static async Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(
            arguments, new HashSet<string> { "accept-dns", "accept-routes", "shields-up" },
            new HashSet<string> { "hostname", "operator", "accept-risk" });
        if (flags.Arguments.Count > 0)
        {
            throw new CliException(
                $"too many non-flag arguments: [{string.Join(' ', flags.Arguments.Select(static word => $"\"{word}\""))}]");
        }

        if (flags.Count == 0)
        {
            throw new GoFlagException("set: no flags given");
        }

        UpChecks.Hostname(flags.Text("hostname"));
        byte[] mask = Json.Line(writer =>
        {
            writer.WriteStartObject();
            foreach (string name in flags.Names)
            {
                string preference = name switch
                {
                    "accept-dns" => "CorpDNS",
                    "accept-routes" => "RouteAll",
                    "shields-up" => "ShieldsUp",
                    "hostname" => "Hostname",
                    "operator" => "OperatorUser",
                    _ => "",
                };
                if (preference.Length == 0)
                {
                    continue;
                }

                if (preference is "Hostname" or "OperatorUser")
                {
                    writer.WriteString(preference, flags.Text(name));
                }
                else
                {
                    writer.WriteBoolean(preference, flags.IsSet(name));
                }

                writer.WriteBoolean(preference + "Set", true);
            }

            writer.WriteEndObject();
        });
        await client.CallAsync("POST", "check-prefs", mask, cancellation);
        await client.CallAsync("PATCH", "prefs", mask, cancellation);
        return 0;
    }
}
