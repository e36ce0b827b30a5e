using Dovetail.Admin;

namespace Dovetail.Commands;

/// <summary><c>dovetail health</c>.</summary>
internal static class HealthCommand
{
    /// <returns>0 when the daemon is healthy by <see cref="HealthRules"/>; else 1, with the reason on <paramref name="error"/>.</returns>
    public static async Task<int> RunAsync(string socket, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        using var client = new AdminClient(socket);
        if (await client.GetHealthAsync(cancellationToken) is not { } health)
        {
            await error.WriteLineAsync(StatusCommand.NoDaemon(socket));
            return 1;
        }

        if (!health.Healthy)
        {
            await error.WriteLineAsync($"unhealthy: {health.Reason}");
            return 1;
        }

        await output.WriteLineAsync($"healthy: {health.Ready} of {health.Services} services ready");
        return 0;
    }
}
