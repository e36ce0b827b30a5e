namespace Dovetail.EndToEndTests.Harness;

/// <summary>A file system of its own in memory, small enough to fill. Only root can mount one. Disposing takes it away.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Size = 1 << 20;

    private readonly string _path;

    private SmallDisk(string path) => _path = path;

    private string Filler => Path.Combine(_path, "filler");

    /// <exception cref="InvalidOperationException">It cannot be mounted.</exception>
    public static async Task<SmallDisk> MountAsync(string path)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can mount the small file system that this test fills.");
        Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size},mode=0700", "dovetail-test", path);
        return new SmallDisk(path);
    }

    /// <summary>Writes until nothing more can be written.</summary>
    public void Fill()
    {
        using var stream = File.Create(Filler);
        try
        {
            for (var written = 0; written <= Size; written += 4096)
            {
                stream.Write(new byte[4096]);
                stream.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Empty() => File.Delete(Filler);

    public Task MakeReadOnlyAsync() => RunAsync("mount", "-o", "remount,ro", _path);

    public Task MakeWritableAsync() => RunAsync("mount", "-o", "remount,rw", _path);

    // Lazily: a tailscaled may still be on it.
    public async ValueTask DisposeAsync() => await RunAsync("umount", "-l", _path);

    private static async Task RunAsync(string program, params string[] arguments) =>
        (await Command.RunAsync(program, arguments)).MustSucceed();
}
