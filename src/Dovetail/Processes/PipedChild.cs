using System.ComponentModel;
using System.Diagnostics;

namespace Dovetail.Processes;

/// <summary>
/// A running child that is spoken to over its standard input and output. It ends with the disposal of this, and when Dovetail itself is
/// gone: then its standard input ends.
/// </summary>
internal sealed class PipedChild : IDisposable
{
    // Of what it says on standard error only the end is kept: the last lines say why it ended.
    private const int MaxLines = 8;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly Process _process;
    private readonly LogBuffer _errors = new(MaxLines);
    private readonly Task _exited;
    private readonly Task _reading;
    private int _disposed;

    private PipedChild(Process process, TimeProvider time)
    {
        (_process, _time) = (process, time);
        Id = process.Id;
        Input = process.StandardInput.BaseStream;
        Output = process.StandardOutput.BaseStream;
        _exited = process.WaitForExitAsync();
        // A full pipe would hold it up.
        _reading = LineReader.ReadAsync(process.StandardError.BaseStream, _errors.Add, CancellationToken.None);
    }

    /// <summary>Process id.</summary>
    public int Id { get; }

    /// <summary>What the child reads. Owned.</summary>
    public Stream Input { get; }

    /// <summary>What the child writes. Owned.</summary>
    public Stream Output { get; }

    /// <summary><see cref="ChildStart.OnLine"/> is not called.</summary>
    /// <exception cref="ChildStartException">No such file, no permission, no memory.</exception>
    public static PipedChild Start(ChildStart start, TimeProvider time)
    {
        var process = new Process();
        try
        {
            var (fileName, arguments) = start.Launcher?.Wrap(start.FileName, start.Arguments) ?? (start.FileName, start.Arguments);
            process.StartInfo = new ProcessStartInfo(fileName, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            process.StartInfo.Environment.Clear();
            foreach (var (name, value) in start.Environment)
            {
                process.StartInfo.Environment[name] = value;
            }

#pragma warning disable RS0030 // This is where children are started.
            process.Start();
#pragma warning restore RS0030
            return new PipedChild(process, time);
        }
        catch (Exception cause) when (cause is Win32Exception or InvalidOperationException or IOException)
        {
            process.Dispose();
            throw new ChildStartException(start.FileName, cause);
        }
    }

    /// <summary>Waits for the child's end, but not for long.</summary>
    /// <returns>The last lines that it said on standard error.</returns>
    public async Task<IReadOnlyList<string>> LastWordsAsync()
    {
        await Task.WhenAll(_exited, _reading).WaitAsync(Grace, _time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _errors.Tail(MaxLines);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _ = EndAsync();
        }
    }

    private async Task EndAsync()
    {
        try
        {
            // Before the first wait: this process may end right after the disposal.
            if (!_process.HasExited)
            {
                ProcessSignal.Terminate(Id);
            }

            await _exited.WaitAsync(Grace, _time);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It is gone.
        }
        finally
        {
            await Input.DisposeAsync();
            await Output.DisposeAsync();
            await _reading.WaitAsync(Grace, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _process.Dispose();
        }
    }
}
