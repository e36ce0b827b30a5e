using System.Text.Json;
using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary><c>dovetail status</c>.</summary>
internal static class StatusCommand
{
    /// <returns>0, or 1 when no daemon answers.</returns>
    public static async Task<int> RunAsync(
        string socket, bool json, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        if (await client.GetStatusAsync(cancellationToken) is not { } status)
        {
            await error.WriteLineAsync(NoDaemon(socket));
            return 1;
        }

        // NO_COLOR is what many tools agree on (no-color.org).
        var colour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var text = json
            ? JsonSerializer.Serialize(status, AdminJson.Default.StatusDocument) + "\n"
            : StatusTable.Render(status, TimeProvider.System.GetUtcNow(), colour);
        await output.WriteAsync(text);
        return 0;
    }

    /// <summary>The error of every command that talks to a running daemon.</summary>
    public static string NoDaemon(string socket) =>
        $"No Dovetail answers at {socket}: start it with \"dovetail run\" (if it runs, restart it), or name its DOVETAIL_RUNTIME_DIR.";
}
