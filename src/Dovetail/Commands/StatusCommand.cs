using System.Text.Json;
using Dovetail.Admin;
using Dovetail.Common;

namespace Dovetail.Commands;

/// <summary><c>dovetail status</c>.</summary>
/// <param name="socket">The daemon's admin socket.</param>
internal sealed class StatusCommand(string socket, Terminal terminal, TimeProvider time, TextWriter output, TextWriter error)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Cursor home, then after the text: clear to the end of the screen (ECMA-48). Without clearing first, nothing flickers.
    private const string Home = "\e[H";
    private const string ClearLineEnd = "\e[K";
    private const string ClearBelow = "\e[J";
    private const string ClearAll = "\e[2J";

    /// <param name="name">One service; null: all.</param>
    /// <param name="watch">Goes on until it is cancelled: on a terminal in place, else with each change anew.</param>
    public async Task<int> RunAsync(string? name, bool json, bool watch, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        if (await client.GetStatusAsync(cancellationToken) is not { } status)
        {
            await error.WriteLineAsync(NoDaemon(socket));
            return ExitCode.NoAnswer;
        }

        if (Render(status, name, json) is not { } text)
        {
            await error.WriteLineAsync(NoService(name!, status));
            return ExitCode.Failed;
        }

        if (watch)
        {
            return await WatchAsync(client, status, name, json, cancellationToken);
        }

        await output.WriteAsync(text);
        return ExitCode.Done;
    }

    /// <summary>The error of every command that talks to a running daemon.</summary>
    public static string NoDaemon(string socket) =>
        $"No Dovetail answers at {socket}: start it with \"dovetail run\" (if it runs, restart it), or name its DOVETAIL_RUNTIME_DIR.";

    /// <summary>The error of a command about a service that there is not.</summary>
    public static string NoService(string name, StatusDocument status) =>
        $"There is no service named {Printable.Text(name)}"
        + (status.Services.Count == 0 ? "; there is none at all yet."
            : $"; there are: {string.Join(", ", status.Services.Select(static service => service.Name))}.");

    private async Task<int> WatchAsync(
        AdminClient client, StatusDocument? status, string? name, bool json, CancellationToken cancellationToken)
    {
        var live = terminal.IsLive && !json;
        StatusDocument? last = null;
        await output.WriteAsync(live ? ClearAll : "");
        while (true)
        {
            var text = status is null ? NoDaemon(socket) + "\n" : Render(status, name, json) ?? NoService(name!, status) + "\n";
            if (live)
            {
                await output.WriteAsync($"{Home}{text.Replace("\n", ClearLineEnd + "\n", StringComparison.Ordinal)}{ClearBelow}");
                await output.FlushAsync(cancellationToken);
            }
            else if (last is null || status is null || HasChanged(last, status))
            {
                await output.WriteAsync(last is null || json ? text : "\n" + text);
                await output.FlushAsync(cancellationToken);
                last = status;
            }

            try
            {
                await Task.Delay(Pause, time, cancellationToken);
                status = await client.GetStatusAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return ExitCode.Done;
            }
        }
    }

    // A listing that found nothing new is no change.
    private static bool HasChanged(StatusDocument before, StatusDocument after) => Compared(before) != Compared(after);

    private static string Compared(StatusDocument status) => JsonSerializer.Serialize(
        status with
        {
            Docker = status.Docker with { LastListing = null },
            Engines = status.Engines?.Select(static engine => engine with { LastListing = null }).ToList(),
        },
        AdminJson.Default.StatusDocument);

    // Null: there is no such service.
    private string? Render(StatusDocument status, string? name, bool json)
    {
        if (name is null)
        {
            return json
                ? JsonSerializer.Serialize(status, AdminJson.Default.StatusDocument) + "\n"
                : StatusTable.Render(status, time.GetUtcNow(), terminal.Screen);
        }

        var service = status.Services.FirstOrDefault(service => service.Name == name);
        return json
            ? service is null ? null : JsonSerializer.Serialize(service, AdminJson.Default.ServiceStatus) + "\n"
            : ServiceDetails.Render(status, name, time.GetUtcNow(), terminal.Screen);
    }
}
