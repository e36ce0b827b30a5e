using System.Text;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class PipedChildTests
{
    [Fact]
    public async Task What_is_written_comes_back_by_what_the_child_makes_of_it_and_disposal_ends_it()
    {
        using var child = Start("cat");
        await child.Input.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        var buffer = new byte[16];

        var read = await child.Output.ReadAsync(buffer, TestContext.Current.CancellationToken);
        child.Dispose();

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, read));
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{child.Id}"), "the child to be gone");
    }

    [Fact]
    public async Task A_child_that_takes_no_notice_of_being_asked_is_ended_all_the_same()
    {
        var child = Start("trap '' TERM; echo up; while :; do read -r line || sleep 1; done");
        Assert.True(await child.Output.ReadAsync(new byte[16], TestContext.Current.CancellationToken) > 0);

        child.Dispose();

        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{child.Id}"), "the child to be gone");
    }

    [Fact]
    public async Task Of_what_it_says_when_it_fails_the_last_lines_are_kept()
    {
        using var child = Start("for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i >&2; done; exit 1");

        var said = await child.LastWordsAsync();

        Assert.Equal(8, said.Count);
        Assert.Equal("line 10", said[^1]);
        Assert.Equal(0, await child.Output.ReadAsync(new byte[16], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_program_that_is_not_there_is_named() => Assert.Contains(
        "/nowhere/ssh",
        Assert.Throws<ChildStartException>(() => PipedChild.Start(
            new ChildStart { FileName = "/nowhere/ssh", Arguments = [], Environment = ChildEnvironment.OfThisProcess() },
            TimeProvider.System)).Message,
        StringComparison.Ordinal);

    private static PipedChild Start(string script) => PipedChild.Start(
        new ChildStart { FileName = "sh", Arguments = ["-c", script], Environment = ChildEnvironment.OfThisProcess() },
        TimeProvider.System);
}
