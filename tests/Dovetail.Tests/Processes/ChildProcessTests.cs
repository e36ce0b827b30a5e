using System.Collections.Concurrent;
using System.Collections.Immutable;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly ConcurrentQueue<string> _lines = new();

    [Fact]
    public async Task Both_outputs_and_the_exit_code_arrive()
    {
        await using var child = Shell("echo out; echo err >&2; exit 3");

        Assert.Equal(3, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(["err", "out"], _lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task More_output_than_a_pipe_holds_does_not_stall_the_child()
    {
        await using var child = Shell("i=0; while [ $i -lt 4000 ]; do echo 0123456789012345678901234567890123456789 >&2; i=$((i+1)); done");

        Assert.Equal(0, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(4000, _lines.Count);
    }

    [Fact]
    public async Task A_child_that_listens_ends_by_itself_when_asked()
    {
        await using var child = Shell("trap 'echo asked; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        await LineAsync("ready");

        Assert.Equal(7, await child.StopAsync(Deadline));
        Assert.Contains("asked", _lines);
    }

    [Fact]
    public async Task A_child_that_does_not_listen_is_made_to_end()
    {
        await using var child = Shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
        await LineAsync("ready");

        Assert.Equal(128 + 9, await child.StopAsync(TimeSpan.FromMilliseconds(200)));
    }

    [Fact]
    public async Task Disposing_leaves_no_process_behind()
    {
        int id;
        await using (var child = Shell("echo ready; exec sleep 600"))
        {
            id = child.Id;
            await LineAsync("ready");
        }

        Assert.False(Directory.Exists($"/proc/{id}"));
    }

    [Fact]
    public async Task A_grandchild_that_keeps_the_pipes_open_does_not_keep_the_child_alive()
    {
        await using var child = Shell("sleep 60 & echo $!; exit 0");

        Assert.Equal(0, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        await using var cleaner = Shell($"kill {_lines.First()}");
        Assert.Equal(0, await cleaner.Exited);
    }

    [Fact]
    public void A_missing_file_is_named_with_the_reason()
    {
        var failed = Assert.Throws<ChildStartException>(() => Start("/nowhere/tailscaled"));

        Assert.Equal("cannot start /nowhere/tailscaled: No such file or directory", failed.Message);
    }

    [Fact]
    public async Task A_child_notices_that_its_parent_is_gone()
    {
        using var pipe = new ParentDeathPipe();
        await using var child = Start("/bin/bash", "-c", $"echo ready; read -u {pipe.Descriptor} line; echo parent gone");
        await LineAsync("ready");
        Assert.False(child.Exited.IsCompleted);

        pipe.Dispose();

        await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Contains("parent gone", _lines);
    }

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        const string printInHex = "for a in \"$@\"; do printf '%s' \"$a\" | od -An -v -tx1 | tr -d ' \\n'; echo; done";
        string[] awkward =
        [
            "", "two words", "a\"quote", "back\\slash\\", "\\\"both\\\\\"", "$HOME `x` *", "line\nbreak", "tab\tend ",
            "zwölf 🦊", "--key=a b",
        ];
        await using var child = Start("/bin/sh", ["-c", printInHex, "sh", .. awkward]);

        await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(awkward, _lines.Select(static line => System.Text.Encoding.UTF8.GetString(Convert.FromHexString(line))));
    }

    [Fact]
    public async Task The_child_has_the_environment_that_it_is_given_and_no_other()
    {
        await using var child = Start("/usr/bin/env");

        await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(["PATH=/usr/bin:/bin"], _lines);
    }

    [Fact]
    public async Task A_child_that_a_signal_ends_says_so_in_its_exit_code()
    {
        await using var child = Shell("kill -KILL $$");

        Assert.Equal(128 + 9, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Killing_ends_the_child_at_once_and_its_exit_code_says_how()
    {
        await using var child = Shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
        await LineAsync("ready");

        child.Kill();

        Assert.Equal(128 + 9, await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stopping_and_disposing_may_cross_and_may_be_repeated()
    {
        for (var round = 0; round < 20; round++)
        {
            var child = Shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done");
            await LineAsync("ready");
            _lines.Clear();

            var exitCodes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => child.StopAsync(Deadline))));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => await child.DisposeAsync())));
            await child.DisposeAsync();
            child.Kill();

            Assert.All(exitCodes, static exitCode => Assert.Equal(5, exitCode));
            Assert.Equal(5, await child.StopAsync(Deadline));
        }
    }

    [Fact]
    public async Task A_child_that_ends_while_it_is_stopped_is_not_missed()
    {
        for (var round = 0; round < 50; round++)
        {
            await using var child = Shell("exit 3");

            Assert.Contains(await child.StopAsync(Deadline), (int[])[3, 128 + 15]);
        }
    }

    [Fact]
    public async Task Nothing_is_left_open_by_many_children()
    {
        await RunAsync(20);
        var before = OpenDescriptors();

        await RunAsync(300);

        // Other tests of this process open and close descriptors meanwhile; a leak would be one or more per child.
        await Eventually.TrueAsync(() => OpenDescriptors() <= before + 100, seen: () => OpenDescriptors());

        async Task RunAsync(int children)
        {
            for (var count = 0; count < children; count++)
            {
                await using var child = Shell("echo out; echo err >&2");
                await child.Exited.WaitAsync(Deadline, TestContext.Current.CancellationToken);
            }
        }

        static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
    }

    private ChildProcess Shell(string script) => Start("/bin/sh", "-c", script);

    private ChildProcess Start(string fileName, params IEnumerable<string> arguments) => ChildProcess.Start(
        new ChildStart
        {
            FileName = fileName,
            Arguments = [.. arguments],
            Environment = ImmutableDictionary<string, string>.Empty.Add("PATH", "/usr/bin:/bin"),
            OnLine = (_, line) => _lines.Enqueue(line),
        },
        TimeProvider.System);

    private Task LineAsync(string line) => Eventually.TrueAsync(() => _lines.Contains(line), line, () => string.Join('\n', _lines));
}
