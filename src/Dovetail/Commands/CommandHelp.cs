using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;

namespace Dovetail.Commands;

/// <summary>The help of a command: the library's, then examples and, of the program itself, the exit codes.</summary>
/// <param name="examples">Lines of each command, as one types them.</param>
internal sealed class CommandHelp(HelpAction help, IReadOnlyDictionary<Command, string[]> examples, Terminal terminal)
    : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    /// <summary>Replaces the help of the whole program.</summary>
    public static void Use(RootCommand root, IReadOnlyDictionary<Command, string[]> examples, Terminal terminal)
    {
        var option = root.Options.OfType<HelpOption>().Single();
        option.Description = "show this help";
        root.Options.OfType<VersionOption>().Single().Description = "show Dovetail's version";
        var help = (HelpAction)option.Action!;
        help.MaxWidth = terminal.Screen.Width ?? int.MaxValue;
        option.Action = new CommandHelp(help, examples, terminal);
    }

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        if (examples.TryGetValue(command, out var lines))
        {
            output.WriteLine("Examples:");
            foreach (var line in lines)
            {
                output.WriteLine($"  {line}");
            }

            output.WriteLine();
        }

        if (command is RootCommand)
        {
            var codes = new StringBuilder("Exit codes:").AppendLine();
            foreach (var (code, meaning) in ExitCode.All)
            {
                terminal.Screen.Append(codes, $"  {code}  ", meaning);
            }

            output.WriteLine(codes);
        }

        return ExitCode.Done;
    }
}
