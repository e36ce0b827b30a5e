using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>
/// A running child: its output is always drained (tailscaled stalls behind a full pipe, recorded in
/// <c>12-signals/signals.txt</c>), it can be asked to end and made to end, and it is reaped.
/// </summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    // A grandchild may hold the pipes open after the child is gone; what it writes is of no interest.
    private static readonly TimeSpan OutputAfterExit = TimeSpan.FromSeconds(1);

    private readonly Process _process;
    private readonly Task _output;
    private readonly TimeProvider _time;

    private ChildProcess(Process process, ChildStart start, TimeProvider time)
    {
        _process = process;
        _time = time;
        Id = process.Id;
        _output = Task.WhenAll(
            LineReader.ReadAsync(process.StandardOutput.BaseStream, line => start.OnLine(ChildStream.Output, line)),
            LineReader.ReadAsync(process.StandardError.BaseStream, line => start.OnLine(ChildStream.Error, line)));
        Exited = WaitAsync();
    }

    /// <summary>Process id.</summary>
    public int Id { get; }

    /// <summary>Ends with the exit code (128 + signal number when a signal ended it) once the output has been read; never fails.</summary>
    public Task<int> Exited { get; }

    /// <exception cref="ChildStartException">No such file, no permission, no memory.</exception>
    public static ChildProcess Start(ChildStart start, TimeProvider time)
    {
        var info = new ProcessStartInfo(start.FileName)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in start.Arguments)
        {
            info.ArgumentList.Add(argument);
        }

        info.Environment.Clear();
        foreach (var (name, value) in start.Environment)
        {
            info.Environment[name] = value;
        }

        try
        {
            var process = Process.Start(info) ?? throw new InvalidOperationException("the process was not started");
            process.StandardInput.Close();
            return new ChildProcess(process, start, time);
        }
        catch (Exception cause) when (cause is Win32Exception or InvalidOperationException or IOException)
        {
            throw new ChildStartException(start.FileName, cause);
        }
    }

    /// <summary>Asks the child to end (SIGTERM), and makes it (SIGKILL) when it has not within <paramref name="grace"/>.</summary>
    public async Task<int> StopAsync(TimeSpan grace)
    {
        if (!_process.HasExited)
        {
            _ = Signal(Id, Terminate);
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
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Exited;
        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        try
        {
            await _output.WaitAsync(OutputAfterExit, _time);
        }
        catch (TimeoutException)
        {
            _process.StandardOutput.Dispose();
            _process.StandardError.Dispose();
        }

        return _process.ExitCode;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
