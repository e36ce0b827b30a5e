using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Takes a service off the tailnet for good: logs its machine out, then removes its state.</summary>
internal sealed class NodeEraser(NodeDependencies dependencies)
{
    private const int LogLines = 50;
    private static readonly TimeSpan LogoutDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether there is any state of the service.</summary>
    public bool HasState(string name) => Directory.Exists(PathsOf(name).State);

    /// <param name="name">A service without a running node.</param>
    /// <param name="force">Removes the state even if the machine cannot be logged out.</param>
    /// <returns>Why it could not be done, with the state kept; null: it is done.</returns>
    public async Task<string?> EraseAsync(string name, bool force, CancellationToken cancellationToken)
    {
        var paths = PathsOf(name);
        var failure = File.Exists(Path.Combine(paths.State, "tailscaled.state"))
            ? await LogOutAsync(paths, cancellationToken)
            : null;
        if (failure is not null && !force)
        {
            return $"{name} cannot be logged out: {failure}. "
                + "Its state is kept; --force removes it, and the machine stays in the tailnet.";
        }

        try
        {
            if (Directory.Exists(paths.State))
            {
                Directory.Delete(paths.State, recursive: true);
            }

            return null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return $"the state of {name} cannot be removed: {failed.Message}";
        }
    }

    private NodePaths PathsOf(string name) => NodePaths.For(dependencies.Options.StateRoot, dependencies.Options.RuntimeDirectory, name);

    private async Task<string?> LogOutAsync(NodePaths paths, CancellationToken cancellationToken)
    {
        try
        {
            await using var tailscaled = dependencies.Tailscaled.Start(paths, dependencies.Options.Memory, static _ => { });
            if (!await tailscaled.WaitForSocketAsync(dependencies.Options.Timings.HangLimit, cancellationToken))
            {
                return "its tailscaled does not start";
            }

            using var api = dependencies.LocalApi(paths);
            if (!await WaitForControlAsync(api, cancellationToken))
            {
                return "its tailscaled does not reach the control server";
            }

            var logout = TailscaleArguments.Logout(paths.Socket);
            var result = await dependencies.Command.RunAsync(logout, LogoutDeadline, null, cancellationToken);
            return result.Succeeded ? null : UpFailure.From(result.Error).Text;
        }
        catch (Exception failed) when (failed is ChildStartException or IOException or UnauthorizedAccessException or LocalApiException)
        {
            return failed.Message;
        }
    }

    // A daemon that has not reached the control server yet would log out here only, and the machine would stay there.
    private async Task<bool> WaitForControlAsync(ILocalApi api, CancellationToken cancellationToken)
    {
        var begun = dependencies.Time.GetTimestamp();
        while (dependencies.Time.GetElapsedTime(begun) < dependencies.Options.Timings.HangLimit)
        {
            var status = await api.GetStatusAsync(cancellationToken);
            if (status.BackendState is not (BackendState.NoState or BackendState.Starting))
            {
                return true;
            }

            await Task.Delay(Pause, dependencies.Time, cancellationToken);
        }

        return false;
    }
}
