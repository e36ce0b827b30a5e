using Dovetail.Admin;
using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Commands;

/// <summary><c>dovetail version</c>.</summary>
internal static class VersionCommand
{
    /// <summary>Prints Dovetail's own version on the first line, tailscaled's on the second.</summary>
    /// <param name="tailscaled">The binary that the daemon would run.</param>
    /// <returns>0, also where tailscaled cannot be asked: its line says so then.</returns>
    public static async Task<int> RunAsync(string tailscaled, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync(StatusMapper.Version);
        await output.WriteLineAsync($"tailscaled {await AskAsync(tailscaled, cancellationToken)}");
        return 0;
    }

    private static async Task<string> AskAsync(string tailscaled, CancellationToken cancellationToken)
    {
        try
        {
            var version = await TailscaleVersion.AskAsync(
                tailscaled, ChildEnvironment.OfThisProcess(), TimeProvider.System, cancellationToken);
            return version?.ToString() ?? $"of no known version ({tailscaled})";
        }
        catch (Exception failed) when (failed is ChildStartException or TimeoutException)
        {
            return $"not found ({failed.Message})";
        }
    }
}
