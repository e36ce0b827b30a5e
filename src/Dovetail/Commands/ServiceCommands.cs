using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary><c>dovetail restart</c>, <c>dovetail logs</c> and <c>dovetail forget</c>: the commands about one service.</summary>
/// <param name="socket">The daemon's admin socket.</param>
/// <param name="input">Where a person answers.</param>
internal sealed class ServiceCommands(string socket, TextReader input, TextWriter output, TextWriter error)
{
    public async Task<int> RestartAsync(string name, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        return await PrintAsync(await client.RestartAsync(name, cancellationToken));
    }

    public async Task<int> LogsAsync(string name, bool follow, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        return await PrintAsync(await client.CopyLogAsync(name, follow, output, cancellationToken));
    }

    /// <param name="confirmed">The caller said yes already; else a person is asked, and without a terminal it is refused.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    /// <param name="hasTerminal">Whether a person can be asked.</param>
    public async Task<int> ForgetAsync(string name, bool confirmed, bool force, bool hasTerminal, CancellationToken cancellationToken)
    {
        if (!confirmed)
        {
            if (!hasTerminal)
            {
                await error.WriteLineAsync($"Forgetting {name} removes its machine from the tailnet and its state from disk; say --yes.");
                return 1;
            }

            await output.WriteAsync($"Log {name} out of the tailnet and remove its state? Its address and certificate are lost. [y/N] ");
            var answer = await input.ReadLineAsync(cancellationToken);
            if (answer?.Trim().ToLowerInvariant() is not ("y" or "yes"))
            {
                await output.WriteLineAsync("Nothing was done.");
                return 1;
            }
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

        return answer is { Done: true } ? 0 : 1;
    }
}
