using System.ComponentModel;
using System.Diagnostics;
using CliWrap;

namespace Dovetail.Processes;

/// <summary>
/// A running child, started and drained by CliWrap (a tailscaled whose output is not read stalls behind the full pipe). It can
/// be asked to end and made to end, and it is reaped.
/// </summary>
/// <remarks>
/// CliWrap's own cancellation is not used: its graceful end is SIGINT, its forceful one kills grandchildren after a search
/// through all processes, and both hide the exit code.
/// </remarks>
internal sealed class ChildProcess : IAsyncDisposable
{
    // A grandchild may hold the pipes open after the child is gone, and CliWrap waits for their end.
    private static readonly TimeSpan OutputAfterExit = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _outputEnd = new();
    private readonly Process _process;

    private ChildProcess(ChildStart start, TimeProvider time)
    {
        _time = time;
        var outputEnd = _outputEnd.Token;
        var (fileName, arguments) = start.Launcher?.Wrap(start.FileName, start.Arguments) ?? (start.FileName, start.Arguments);
        Process? process = null;
        var exited = Task.CompletedTask;
        var execution = Cli.Wrap(fileName)
            .WithArguments(arguments)
            .WithValidation(CommandResultValidation.None)
            .WithStandardOutputPipe(Lines(ChildStream.Output))
            .WithStandardErrorPipe(Lines(ChildStream.Error))
            .ExecuteAsync(
                // CliWrap by itself adds to this process's environment, or takes from it.
                info =>
                {
                    info.Environment.Clear();
                    foreach (var (name, value) in start.Environment)
                    {
                        info.Environment[name] = value;
                    }
                },
                started =>
                {
                    process = started;
                    // Here, before CliWrap can have disposed it.
                    exited = started.WaitForExitAsync(CancellationToken.None);
                },
                CancellationToken.None);
        _process = process!;
        Id = execution.ProcessId;
        Exited = WaitAsync(execution, exited);

        // Not PipeTarget.ToDelegate, which keeps a line of any length.
        PipeTarget Lines(ChildStream stream) =>
            PipeTarget.Create((source, _) => LineReader.ReadAsync(source, line => start.OnLine(stream, line), outputEnd));
    }

    /// <summary>Process id.</summary>
    public int Id { get; }

    /// <summary>
    /// Ends with the exit code (128 + signal number when a signal ended it) once the output has been read; never fails.
    /// </summary>
    public Task<int> Exited { get; }

    /// <exception cref="ChildStartException">No such file, no permission, no memory.</exception>
    public static ChildProcess Start(ChildStart start, TimeProvider time)
    {
        try
        {
            return new ChildProcess(start, time);
        }
        catch (Exception cause) when (cause is Win32Exception or InvalidOperationException or IOException)
        {
            throw new ChildStartException(start.FileName, cause);
        }
    }

    /// <summary>Asks the child to end (SIGTERM), and makes it (SIGKILL) when it has not within <paramref name="grace"/>.</summary>
    /// <returns>The exit code, also when the child had ended before.</returns>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        if (!HasEnded())
        {
            ProcessSignal.Terminate(Id);
        }

        try
        {
            return await Exited.WaitAsync(grace, _time);
        }
        catch (TimeoutException)
        {
            Kill();
            return await Exited;
        }
    }

    /// <summary>Ends the child at once (SIGKILL); does nothing when it is gone.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended, and CliWrap has let go of it.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        _outputEnd.Dispose();
    }

    private bool HasEnded()
    {
        try
        {
            return _process.HasExited;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private async Task<int> WaitAsync(CommandTask<CommandResult> execution, Task exited)
    {
        await exited;
        try
        {
            await execution.Task.WaitAsync(OutputAfterExit, _time);
        }
        catch (TimeoutException)
        {
            await _outputEnd.CancelAsync();
        }

        return (await execution).ExitCode;
    }
}
