namespace LoadBench.Load;

/// <summary>Where the load comes from: this machine's own network, or the namespace at the far end of a slow link.</summary>
/// <param name="namespacePath">File of the network namespace; null: this machine's own.</param>
internal sealed class Client(string? namespacePath, CancellationToken cancellation)
{
    /// <summary>Runs a load generator to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds all it said.</exception>
    public async Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan deadline)
    {
        var result = namespacePath is null
            ? await Command.RunAsync(program, arguments, deadline: deadline, cancellation: cancellation)
            : await Command.RunAsync(
                "nsenter", [$"--net={namespacePath}", "--", program, .. arguments], deadline: deadline, cancellation: cancellation);
        return result.MustSucceed();
    }
}
