using System.Formats.Tar;
using System.Text;

namespace Dovetail.EndToEndTests.Harness;

/// <summary>Writes the root file system of a test image, for <c>docker import</c>.</summary>
internal sealed class Archive(Stream stream) : IAsyncDisposable
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute |
        UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Temporary =
        Executable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;

    private readonly TarWriter _writer = new(stream, TarEntryFormat.Pax, leaveOpen: true);

    /// <summary>Directories that any container expects.</summary>
    public async Task AddSkeletonAsync(CancellationToken cancellation)
    {
        string[] names =
        [
            "bin", "dev", "etc", "lib", "proc", "root", "run", "sys", "usr", "usr/bin", "usr/local", "usr/local/bin", "usr/share", "var",
            "var/lib",
        ];
        foreach (var name in names)
        {
            await AddDirectoryAsync(name, cancellation);
        }

        await _writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "tmp/") { Mode = Temporary }, cancellation);
    }

    public Task AddDirectoryAsync(string name, CancellationToken cancellation) =>
        _writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, name + "/") { Mode = Executable }, cancellation);

    public async Task AddFileAsync(string name, string source, CancellationToken cancellation)
    {
        await using var data = File.OpenRead(source);
        await _writer.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = Executable, DataStream = data }, cancellation);
    }

    public async Task AddTextAsync(string name, string text, CancellationToken cancellation)
    {
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await _writer.WriteEntryAsync(
            new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = Executable, DataStream = data }, cancellation);
    }

    public Task AddLinkAsync(string name, string target, CancellationToken cancellation) =>
        _writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target, Mode = Executable }, cancellation);

    /// <summary>Adds a directory with all that lies in it, links as links.</summary>
    public async Task AddTreeAsync(string name, string source, CancellationToken cancellation)
    {
        await AddDirectoryAsync(name, cancellation);
        foreach (var entry in new DirectoryInfo(source).EnumerateFileSystemInfos())
        {
            var entryName = $"{name}/{entry.Name}";
            if (entry.LinkTarget is { } target)
            {
                await AddLinkAsync(entryName, target, cancellation);
            }
            else if (entry is DirectoryInfo)
            {
                await AddTreeAsync(entryName, entry.FullName, cancellation);
            }
            else
            {
                await AddFileAsync(entryName, entry.FullName, cancellation);
            }
        }
    }

    /// <summary>Adds a static busybox and the given names for it.</summary>
    public async Task AddBusyboxAsync(IEnumerable<string> applets, CancellationToken cancellation)
    {
        await AddFileAsync("bin/busybox", TestSettings.Busybox, cancellation);
        foreach (var applet in applets)
        {
            await AddLinkAsync($"bin/{applet}", "busybox", cancellation);
        }
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
