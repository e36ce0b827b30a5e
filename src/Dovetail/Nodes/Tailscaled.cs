using System.Globalization;
using System.Net.Sockets;
using Dovetail.Processes;
using Dovetail.Proxy.Connections;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>One running tailscaled.</summary>
internal sealed class Tailscaled : IAsyncDisposable
{
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(10);

    private readonly ChildProcess _child;
    private readonly string _socket;
    private readonly NodeDependencies _services;

    private Tailscaled(ChildProcess child, string socket, NodeDependencies services)
    {
        _child = child;
        _socket = socket;
        _services = services;
    }

    public int ProcessId => _child.Id;

    /// <summary>Ends with the exit code; never fails.</summary>
    public Task<int> Exited => _child.Exited;

    /// <param name="memory">Soft memory limit in bytes.</param>
    /// <param name="log">Gets every line that tailscaled writes.</param>
    /// <exception cref="ChildStartException">The binary cannot be started.</exception>
    /// <exception cref="IOException">The directories cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directories cannot be made.</exception>
    public static Tailscaled Start(NodeDependencies services, NodePaths paths, long memory, LogBuffer log)
    {
        Directory.CreateDirectory(paths.Logs, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var child = ChildProcess.Start(
            new ChildStart
            {
                FileName = services.Settings.Tailscaled,
                Arguments = TailscaleArguments.Daemon(paths.State, paths.Socket),
                Environment = services.Environment
                    .SetItem("TS_PARENT_DEATH_FD", services.ParentDeath.Descriptor)
                    .SetItem("TS_LOGS_DIR", paths.Logs)
                    .SetItem("GOMEMLIMIT", memory.ToString(CultureInfo.InvariantCulture)),
                OnLine = (_, line) => log.Add(line),
            },
            services.Time);
        return new Tailscaled(child, paths.Socket, services);
    }

    /// <summary>Waits until the LocalAPI socket accepts; a socket that a killed predecessor left does not.</summary>
    /// <returns>False when tailscaled ended instead, or did not accept within <paramref name="atMost"/>.</returns>
    public async Task<bool> WaitForSocketAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begun = _services.Time.GetTimestamp();
        while (!Exited.IsCompleted && _services.Time.GetElapsedTime(begun) < atMost)
        {
            try
            {
                var connection = await UnixSocket.ConnectAsync(_socket, cancellationToken);
                await connection.DisposeAsync();
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(ConnectPause, _services.Time, cancellationToken);
            }
        }

        return false;
    }

    /// <summary>Ends it at once, without its own clean-up.</summary>
    public void Kill() => _child.Kill();

    public async ValueTask DisposeAsync()
    {
        await _child.StopAsync(_services.Settings.Timings.Stop);
        await _child.DisposeAsync();
    }
}

/// <summary>Tells the listener which tailscaled is its own at the moment.</summary>
internal sealed class CurrentTailscaled : IAllowedProcess
{
    private volatile int _processId;

    public int? ProcessId => _processId is 0 ? null : _processId;

    /// <param name="processId">Null: none.</param>
    public void Set(int? processId) => _processId = processId ?? 0;
}
