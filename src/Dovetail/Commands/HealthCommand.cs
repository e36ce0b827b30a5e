using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary><c>dovetail health</c>.</summary>
internal static class HealthCommand
{
    /// <returns>0 when the daemon answers, else 1. One broken service does not make the daemon unhealthy: a restart of it would hit all others.</returns>
    public static async Task<int> RunAsync(string socket, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        if (await client.GetHealthAsync(cancellationToken) is not { Healthy: true } health)
        {
            await error.WriteLineAsync(StatusCommand.NoDaemon(socket));
            return 1;
        }

        await output.WriteLineAsync($"healthy: {health.Ready} of {health.Services} services ready");
        return 0;
    }
}
