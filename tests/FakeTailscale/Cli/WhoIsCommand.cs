using System.Text;
using System.Text.Json;
using FakeTailscale.Common;

namespace FakeTailscale.Cli;

/// <summary><c>tailscale whois</c>.</summary>
internal static class WhoIsCommand
{
    public static async Task<int> RunAsync(LocalClient client, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        GoFlags flags = GoFlags.Parse(arguments, new HashSet<string> { "json" }, new HashSet<string> { "proto" });
        if (flags.Arguments.Count != 1)
        {
            throw new CliException(
                flags.Arguments.Count == 0 ? "missing argument, expected one peer" : "too many arguments, expected at most one peer");
        }

        byte[] body;
        try
        {
            body = await client.CallAsync("GET", "whois?addr=" + Uri.EscapeDataString(flags.Arguments[0]), null, cancellation);
        }
        catch (CliException failure) when (failure.ExitCode == 404)
        {
            throw new CliException("peer not found");
        }

        if (flags.IsSet("json"))
        {
            CliOutput.Out([.. Json.Spaced(body), (byte)'\n']);
            return 0;
        }

        using JsonDocument document = JsonDocument.Parse(body);
        JsonElement node = document.RootElement.GetProperty("Node");
        JsonElement user = document.RootElement.GetProperty("UserProfile");
        StringBuilder text = new();
        text.Append("Machine:\n  Name:          ").Append(node.Text("Name").TrimEnd('.'))
            .Append("\n  ID:            ").Append(node.Text("StableID"))
            .Append("\n  Addresses:     [").AppendJoin(' ', node.Texts("Addresses")).Append("]\nUser:\n  Name:     ")
            .Append(user.Text("LoginName")).Append("\n  ID:       ").Append(user.Number("ID")).Append("\nCapabilities:\n");
        foreach (JsonProperty capability in document.RootElement.GetProperty("CapMap").EnumerateObject())
        {
            text.Append("  - ").Append(capability.Name).Append('\n');
        }

        CliOutput.Out(text.ToString());
        return 0;
    }
}
