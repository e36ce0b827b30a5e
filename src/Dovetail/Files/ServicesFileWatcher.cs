using System.Runtime.CompilerServices;
using System.Text;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Files;

namespace Dovetail.Files;

/// <summary>
/// Reads the services file, and again when it changes. It is looked at, and not waited for: a file that is mounted into a container by
/// itself, or lies on a network, tells of no change (inotify), and a look costs one system call.
/// </summary>
/// <param name="path">Absolute.</param>
/// <param name="prefix">What labels begin with, without the dot.</param>
/// <param name="engines">Whose containers it may name; null: there is one Engine.</param>
internal sealed partial class ServicesFileWatcher(
    string path, string prefix, TimeProvider time, ILogger<ServicesFileWatcher> logger, EngineNames? engines = null)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Whoever writes the file may not be done: it is read when it has stood still for so long, or has not for LongestUnrest.
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestUnrest = TimeSpan.FromSeconds(3);

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ServicesFile _file = new(Printable.Text(path, 200));

    // How the file was when it was read last, and when it was looked at last.
    private FileStatus? _read;
    private FileStatus? _seen;
    private long _unrestSince;

    // What kept it from being read may go without a trace on the file.
    private bool _isUnread;

    /// <summary>What the file says, at once and then after each change. Ends only by the token.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<ServicesFile> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return Read(FileStatus.Of(path));
        while (true)
        {
            await Task.Delay(_seen == _read ? Pause : Settling, time, cancellationToken);
            var before = _file;
            if (LookAgain() != before)
            {
                yield return _file;
            }
        }
    }

    /// <summary>What the file says now.</summary>
    public ServicesFile ReadOnce() => Read(FileStatus.Of(path));

    private ServicesFile LookAgain()
    {
        var (status, wasSettling) = (FileStatus.Of(path), _seen != _read);
        if (status == _read && !_isUnread)
        {
            _seen = status;
            return _file;
        }

        if (status == _seen || (wasSettling && time.GetElapsedTime(_unrestSince) >= LongestUnrest))
        {
            return Read(status);
        }

        _unrestSince = wasSettling ? _unrestSince : time.GetTimestamp();
        _seen = status;
        return _file;
    }

    private ServicesFile Read(FileStatus? status)
    {
        _seen = _read = status;
        _isUnread = false;
        var (text, problem) = Text(status);
        var read = text is null ? _file.With(problem!) : ServicesFileReader.Read(text, _file, prefix, engines);
        read = read with
        {
            Warnings = status is { IsFile: true, IsWritableByOthers: true }
                ? ["every user of the machine may write this file, and so say what is exposed and to whom: chmod o-w"]
                : [],
        };
        if (read.Problem is null && (read.Services != _file.Services || !_file.IsKnown || _file.Problem is not null))
        {
            Log.Read(logger, read.Path, read.Services.Count);
        }

        return _file = read;
    }

    private (string? Text, string? Problem) Text(FileStatus? status)
    {
        switch (status)
        {
            case null:
                return (null, "the file does not exist, or may not be looked at");
            case { IsDirectory: true }:
                return (null, "this is a directory, as Docker makes one where the file to mount does not exist; put a file there");
            case { IsFile: false }:
                return (null, "this is no file");
            case { Size: > ServicesFileReader.MaxSize }:
                return (null, $"the file is larger than {ServicesFileReader.MaxSize >> 20} MiB");
        }

        try
        {
            return (Utf8.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF'), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "the file is no text in UTF-8");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _isUnread = true;
            return (null, $"the file cannot be read ({Printable.Text(failed.Message, 200)})");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1201, LogLevel.Information, "Read {Path}: services: {Count}")]
        public static partial void Read(ILogger logger, string path, int count);
    }
}
