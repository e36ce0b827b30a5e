using Dovetail.Processes;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>What became of a machine that was to be logged out, and of its state.</summary>
/// <param name="IsDone">The state is gone; else it is kept.</param>
/// <param name="Failure">Without the state's removal, why; with it, why the machine is still in the tailnet; null: nothing failed.</param>
internal sealed record Erasure(bool IsDone, string? Failure)
{
    public static Erasure Whole { get; } = new(true, null);
}

/// <summary>Takes a service off the tailnet for good: logs its machine out, then removes its state.</summary>
internal sealed class NodeEraser(NodeDependencies dependencies)
{
    private const int LogLines = 50;
    private static readonly TimeSpan LogoutDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether there is any state of the service.</summary>
    public bool HasState(string name) => Directory.Exists(PathsOf(name).State);

    /// <inheritdoc cref="INodeFactory.EraseAsync"/>
    public async Task<Erasure> EraseAsync(string name, bool force, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        var paths = PathsOf(name);
        var file = Path.Combine(paths.State, "tailscaled.state");
        var failure = File.Exists(file) ? await LogOutOrKeepAsync(paths, file, force, isWanted, cancellationToken) : null;
        if (failure is not null && !force)
        {
            return new Erasure(
                false,
                $"{name} cannot be logged out: {failure}. Its state is kept; dovetail forget {name} --force removes it, and the machine stays in the tailnet.");
        }

        try
        {
            if (Directory.Exists(paths.State))
            {
                Directory.Delete(paths.State, recursive: true);
            }

            return new Erasure(true, failure);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return new Erasure(false, $"the state of {name} cannot be removed: {failed.Message}");
        }
    }

    private NodePaths PathsOf(string name) => NodePaths.For(dependencies.Options.StateRoot, dependencies.Options.RuntimeDirectory, name);

    // Recorded (09-logout-down): a logout that does not reach the control server has logged the machine out here all the same, and it
    // would need a new login.
    private async Task<string?> LogOutOrKeepAsync(
        NodePaths paths, string file, bool force, Func<bool> isWanted, CancellationToken cancellationToken)
    {
        byte[] kept;
        try
        {
            kept = await File.ReadAllBytesAsync(file, cancellationToken);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return unreadable.Message;
        }

        string? failure = "given up";
        try
        {
            return failure = await LogOutAsync(paths, isWanted, cancellationToken);
        }
        finally
        {
            if (failure is not null && !force)
            {
                Restore(file, kept);
            }
        }
    }

    private static void Restore(string file, byte[] kept)
    {
        // Beside it first: half a state is none. It holds the machine's keys.
        var beside = file + ".kept";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var stream = new FileStream(beside, options))
        {
            stream.Write(kept);
        }

        File.Move(beside, file, overwrite: true);
    }

    private async Task<string?> LogOutAsync(NodePaths paths, Func<bool> isWanted, CancellationToken cancellationToken)
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

            if (isWanted())
            {
                return "a container wants it again";
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
