using System.Diagnostics;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>A program that runs beside the test, with everything it says kept. Disposing kills it.</summary>
internal sealed class BackgroundProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Task _drained;

    public BackgroundProcess(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.SetEnvironment(environment);
        _process = Process.Start(start)!;
        Id = _process.Id;
        _drained = Task.WhenAll(DrainAsync(_process.StandardOutput), DrainAsync(_process.StandardError));
    }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Everything said so far on both streams, line by line.</summary>
    public string Log
    {
        get
        {
            lock (_lines)
            {
                return string.Join(Environment.NewLine, _lines);
            }
        }
    }

    /// <summary>Writes to its standard input.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    public void Terminate() => Signals.Send(Id, Signals.Terminate);

    public void Kill() => Signals.Send(Id, Signals.Kill);

    /// <summary>Waits for the end and gives the exit code (128 + number for a signal).</summary>
    /// <exception cref="TimeoutException">It still runs at the deadline.</exception>
    public async Task<int> ExitAsync(TimeSpan deadline, CancellationToken cancellation = default)
    {
        await _process.WaitForExitAsync(cancellation).WaitAsync(deadline, cancellation);
        await LastWordsAsync();
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        await LastWordsAsync();
        _process.Dispose();
    }

    // What was said is read a moment after the end. A grandchild may hold the streams open; what it says then is of no interest.
    private Task<Task> LastWordsAsync() => Task.WhenAny(_drained, Task.Delay(TimeSpan.FromSeconds(5)));

    private async Task DrainAsync(StreamReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (_lines)
                {
                    _lines.Add(line);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Disposed while a grandchild still held the stream.
        }
    }
}
