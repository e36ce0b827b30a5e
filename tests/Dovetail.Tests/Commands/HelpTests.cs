using System.Text;
using Dovetail.Commands;
using Dovetail.Common;

namespace Dovetail.Tests.Commands;

/// <summary>The help as people read it: on a narrow and a wide terminal, and piped.</summary>
public sealed class HelpTests
{
    private static readonly string[] Commands =
        ["", "run", "status", "check", "login", "logs", "restart", "forget", "prune", "health", "version", "completion"];

    [Theory]
    [InlineData(80)]
    [InlineData(140)]
    public async Task Help_fits_the_terminal(int width)
    {
        var help = await HelpAsync(width);

        Golden.AssertIs($"help-{width}.txt", help);
        // What cannot be broken may stand out: a path in an example.
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= width, line));
    }

    [Fact]
    public async Task Piped_help_is_not_wrapped() => Assert.Contains(
        "Print the URL at which a service's machine is logged in, and wait until that is done.\n",
        await HelpAsync(null),
        StringComparison.Ordinal);

    [Fact]
    public async Task Every_command_has_examples()
    {
        foreach (var command in Commands)
        {
            Assert.Contains("Examples:\n", await HelpOfAsync(command, null), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_command_is_in_the_help_of_the_program()
    {
        var help = await HelpOfAsync("", null);
        Assert.All(Commands[1..], command => Assert.Contains($"\n  {command} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_program_documents_its_exit_codes() =>
        Assert.Contains("  3  no daemon answers", await HelpOfAsync("", null), StringComparison.Ordinal);

    private static async Task<string> HelpAsync(int? width)
    {
        var all = new StringBuilder();
        foreach (var command in Commands)
        {
            all.Append($"$ dovetail {command} --help".Replace("  ", " ", StringComparison.Ordinal)).Append('\n');
            all.Append(await HelpOfAsync(command, width));
        }

        return all.ToString();
    }

    private static async Task<string> HelpOfAsync(string command, int? width)
    {
        string[] arguments = command.Length == 0 ? ["--help"] : [command, "--help"];
        var terminal = Terminal.None with { Screen = new Screen(false, width) };
        var (exitCode, output, error) = await CommandLine.RunAsync(terminal, TestContext.Current.CancellationToken, arguments);
        Assert.Equal((0, ""), (exitCode, error));
        // The library names the program that runs.
        return output.Replace("Dovetail.Tests", "dovetail", StringComparison.Ordinal);
    }
}
