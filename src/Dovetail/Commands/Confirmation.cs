namespace Dovetail.Commands;

/// <summary>Asks a person before something that cannot be undone.</summary>
internal static class Confirmation
{
    /// <param name="confirmed">The caller said yes already.</param>
    /// <returns>Whether it is to be done; if not, that has been said.</returns>
    public static async Task<bool> AskAsync(
        Terminal terminal, bool confirmed, string question, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        if (confirmed)
        {
            return true;
        }

        if (terminal.Input is not { } input)
        {
            await error.WriteLineAsync($"{question} There is nobody to ask: say --yes.");
            return false;
        }

        await output.WriteAsync($"{question} Address and certificate are lost. [y/N] ");
        await output.FlushAsync(cancellationToken);
        var answer = await input.ReadLineAsync(cancellationToken);
        if (answer?.Trim().ToLowerInvariant() is "y" or "yes")
        {
            return true;
        }

        await output.WriteLineAsync("Nothing was done.");
        return false;
    }
}
