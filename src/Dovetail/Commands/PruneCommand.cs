using System.Text;
using Dovetail.Admin;
using Dovetail.Common;

namespace Dovetail.Commands;

/// <summary><c>dovetail prune</c>.</summary>
/// <param name="socket">The daemon's admin socket.</param>
internal sealed class PruneCommand(string socket, Terminal terminal, TimeProvider time, TextWriter output, TextWriter error)
{
    /// <param name="olderThan">Only what was last used so long ago.</param>
    /// <param name="confirmed">The caller said yes already; else a person is asked, and without one it is refused.</param>
    /// <param name="force">Removes the state even of machines that cannot be logged out.</param>
    public async Task<int> RunAsync(TimeSpan olderThan, bool confirmed, bool force, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        if (await client.GetStatesAsync(cancellationToken) is not { } states)
        {
            await error.WriteLineAsync(StatusCommand.NoDaemon(socket));
            return ExitCode.NoAnswer;
        }

        if (states.Problem is { } problem)
        {
            await error.WriteLineAsync(problem);
            return ExitCode.Failed;
        }

        var now = time.GetUtcNow();
        var unwanted = states.Unwanted.Where(state => now - state.LastUsed >= olderThan).ToList();
        if (unwanted.Count == 0)
        {
            await output.WriteLineAsync("Nothing to forget: every state is wanted by a container"
                + (states.Unwanted.Count > 0 ? ", or was used since." : "."));
            return ExitCode.Done;
        }

        var table = new StringBuilder();
        string[][] rows = [["NAME", "LAST USED"], .. unwanted.Select(state => new[] { state.Name, Ages.Ago(now - state.LastUsed) })];
        if (unwanted.Exists(static state => state.ForgottenAt is not null))
        {
            // By itself: the question may answer itself.
            string[] times = ["FORGOTTEN", .. unwanted.Select(state => InTime(state.ForgottenAt, now))];
            rows = [.. rows.Zip(times, static (row, time) => (string[])[.. row, time])];
        }

        terminal.Screen.AppendTable(table, rows, static (_, _) => null);
        await output.WriteAsync(table, cancellationToken);
        var question = unwanted.Count == 1 ? "Log this machine out of the tailnet and remove its state?"
            : $"Log these {unwanted.Count} machines out of the tailnet and remove their state?";
        return await Confirmation.AskAsync(terminal, confirmed, question, output, error, cancellationToken)
            ? await ForgetAsync(client, unwanted, force, cancellationToken)
            : ExitCode.Failed;
    }

    private static string InTime(DateTimeOffset? at, DateTimeOffset now) => at is { } then ? Ages.In(then - now) : "-";

    private async Task<int> ForgetAsync(
        AdminClient client, IReadOnlyList<StateStatus> states, bool force, CancellationToken cancellationToken)
    {
        var exitCode = ExitCode.Done;
        foreach (var state in states)
        {
            if (await client.ForgetAsync(state.Name, force, cancellationToken) is not { } answer)
            {
                await error.WriteLineAsync(StatusCommand.NoDaemon(socket));
                return ExitCode.NoAnswer;
            }

            await (answer.Done ? output : error).WriteLineAsync(answer.Text);
            exitCode = answer.Done ? exitCode : ExitCode.Failed;
        }

        return exitCode;
    }
}
