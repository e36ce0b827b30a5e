using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary>
/// <c>dovetail restart</c>, <c>dovetail logs</c>, <c>dovetail forget</c> and <c>dovetail notify</c>: what the daemon is told to do once.
/// </summary>
/// <param name="socket">The daemon's admin socket.</param>
internal sealed class ServiceCommands(string socket, Terminal terminal, TextWriter output, TextWriter error)
{
    public async Task<int> RestartAsync(string name, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        return await PrintAsync(await client.RestartAsync(name, cancellationToken));
    }

    /// <summary>About no service: about all that people are told.</summary>
    public async Task<int> NotifyAsync(CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        return await PrintAsync(await client.NotifyAsync(cancellationToken));
    }

    public async Task<int> LogsAsync(string name, bool follow, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        return await PrintAsync(await client.CopyLogAsync(name, follow, output, cancellationToken));
    }

    /// <param name="confirmed">The caller said yes already; else a person is asked, and without one it is refused.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    public async Task<int> ForgetAsync(string name, bool confirmed, bool force, CancellationToken cancellationToken)
    {
        var question = $"Log {name} out of the tailnet and remove its state?";
        if (!await Confirmation.AskAsync(terminal, confirmed, question, output, error, cancellationToken))
        {
            return ExitCode.Failed;
        }

        using var client = new AdminClient(socket);
        return await PrintAsync(await client.ForgetAsync(name, force, cancellationToken));
    }

    private async Task<int> PrintAsync(AdminAnswer? answer)
    {
        var text = answer?.Text ?? StatusCommand.NoDaemon(socket);
        if (text.Length > 0)
        {
            await (answer is { Done: true } ? output : error).WriteLineAsync(text);
        }

        return answer switch
        {
            null => ExitCode.NoAnswer,
            { Done: true } => ExitCode.Done,
            _ => ExitCode.Failed,
        };
    }
}
