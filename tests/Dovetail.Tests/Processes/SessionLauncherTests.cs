using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

/// <summary>The built program, which lies beside the tests, starts children in sessions of their own.</summary>
public sealed class SessionLauncherTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly SessionLauncher Launcher = new(Path.Combine(AppContext.BaseDirectory, "dovetail"), []);
    private readonly ConcurrentQueue<string> _lines = new();

    [Fact]
    public async Task The_child_is_itself_and_no_signal_of_the_terminal_reaches_it()
    {
        await using var child = Start("/bin/sh", "-c", "echo ready; exec sleep 600");
        await LineAsync("ready");
        await Eventually.TrueAsync(() => File.ReadAllText($"/proc/{child.Id}/comm") == "sleep\n");

        Assert.Equal("sleep\0600\0", File.ReadAllText($"/proc/{child.Id}/cmdline"));
        // A terminal's signals go to the process group in its foreground, which is one of the terminal's session.
        Assert.Equal((child.Id, child.Id, 0), GroupSessionAndTerminal(child.Id));
        Assert.Equal(128 + 15, await child.StopAsync(Deadline));
    }

    [Fact]
    public async Task Arguments_environment_output_and_exit_code_are_those_of_a_child_started_directly()
    {
        const string script = "echo \"$1\"; env; echo err >&2; grep -E '^Sig(Blk|Ign)' /proc/self/status; exit 3";
        await using var child = Start("/bin/sh", "-c", script, "sh", " a \"b\" 🦊");
        Assert.Equal(3, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        var launched = _lines.Where(static line => !line.StartsWith("_=", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        _lines.Clear();

        await using var direct = StartBy(null, "/bin/sh", "-c", script, "sh", " a \"b\" 🦊");
        await direct.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Contains(" a \"b\" 🦊", launched);
        Assert.Equal(_lines.Where(static line => !line.StartsWith("_=", StringComparison.Ordinal)).Order(StringComparer.Ordinal), launched);
    }

    [Fact]
    public async Task The_parents_death_is_noticed_as_by_a_child_started_directly()
    {
        using var pipe = new ParentDeathPipe();
        await using var child = Start("/bin/bash", "-c", $"echo ready; read -u {pipe.Descriptor} line; echo parent gone");
        await LineAsync("ready");
        Assert.False(child.Exited.IsCompleted);

        pipe.Dispose();

        await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Contains("parent gone", _lines);
    }

    [Theory]
    [InlineData("/nowhere/tailscaled")]
    [InlineData("no-such-program")]
    public void A_missing_file_is_told_as_without_a_launcher(string fileName)
    {
        var failed = Assert.Throws<ChildStartException>(() => Start(fileName));

        Assert.Equal($"cannot start {fileName}: No such file or directory", failed.Message);
    }

    [Fact]
    public async Task A_name_is_found_on_the_path()
    {
        await using var child = Start("sh", "-c", "exit 4");

        Assert.Equal(4, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_file_that_cannot_be_executed_is_named_with_the_reason()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await using var child = Start(file);

            Assert.Equal(126, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
            Assert.Equal([$"cannot start {file}: Permission denied"], _lines);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_program_that_does_not_know_the_command_does_not_launch_itself() => Assert.Null(SessionLauncher.Current);

    private static (int Group, int Session, int Terminal) GroupSessionAndTerminal(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Number(2), Number(3), Number(4));

        int Number(int field) => int.Parse(fields[field], CultureInfo.InvariantCulture);
    }

    private ChildProcess Start(string fileName, params string[] arguments) => StartBy(Launcher, fileName, arguments);

    private ChildProcess StartBy(SessionLauncher? launcher, string fileName, params string[] arguments) => ChildProcess.Start(
        new ChildStart
        {
            FileName = fileName,
            Arguments = [.. arguments],
            Environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin").Add("NAME", "x y"),
            OnLine = (_, line) => _lines.Enqueue(line),
            Launcher = launcher,
        },
        TimeProvider.System);

    private Task LineAsync(string line) => Eventually.TrueAsync(() => _lines.Contains(line), line, () => string.Join('\n', _lines));
}
