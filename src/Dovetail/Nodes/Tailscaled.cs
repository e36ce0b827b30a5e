using System.Collections.Immutable;
using System.Net.Sockets;
using Dovetail.Processes;
using Dovetail.Proxy.Connections;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <inheritdoc cref="ITailscaled"/>
internal sealed class Tailscaled(ChildProcess child, string socket, TimeSpan stopGrace, TimeProvider time) : ITailscaled
{
    private static readonly TimeSpan ConnectPause = TimeSpan.FromMilliseconds(10);

    public int ProcessId => child.Id;

    public Task<int> Exited => child.Exited;

    public async Task<bool> WaitForSocketAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        while (!Exited.IsCompleted && time.GetElapsedTime(begun) < atMost)
        {
            try
            {
                await using var connection = await UnixSocket.ConnectAsync(socket, cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(ConnectPause, time, cancellationToken);
            }
        }

        return false;
    }

    public void Kill() => child.Kill();

    public async ValueTask DisposeAsync()
    {
        await child.StopAsync(stopGrace);
        await child.DisposeAsync();
    }
}

/// <inheritdoc cref="ITailscaledLauncher"/>
/// <param name="parentDeath">Not owned; ends every child with this process.</param>
/// <param name="environment">What every child inherits.</param>
internal sealed class TailscaledLauncher(
    NodeOptions options, ParentDeathPipe parentDeath, ImmutableDictionary<string, string> environment, TimeProvider time)
    : ITailscaledLauncher
{
    public ITailscaled Start(NodePaths paths, long memory, Action<string> onLine)
    {
        // At each start: whatever was done to it meanwhile, nobody else gets to the socket.
        PrivateDirectory.Ensure(Path.GetDirectoryName(paths.Socket)!);
        PrivateDirectory.Ensure(paths.Logs);
        var child = ChildProcess.Start(
            new ChildStart
            {
                FileName = options.Tailscaled,
                Arguments = TailscaleArguments.Daemon(paths.State, paths.Socket),
                Environment = TailscaleArguments.DaemonEnvironment(environment, parentDeath.Descriptor, paths.Logs, memory),
                OnLine = (_, line) => onLine(line),
            },
            time);
        return new Tailscaled(child, paths.Socket, options.Timings.Stop, time);
    }
}

/// <summary>Tells the listener which tailscaled is its own at the moment.</summary>
internal sealed class CurrentTailscaled(NodeFactsStore facts) : IAllowedProcess
{
    public int? ProcessId => facts.Current.Daemon.ProcessId;
}
