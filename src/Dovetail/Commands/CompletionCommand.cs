using System.CommandLine;

namespace Dovetail.Commands;

/// <summary><c>dovetail completion</c>: scripts by which shells ask Dovetail itself, through the library's suggest directive.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _dovetail() {
          local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}"
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$current"))
        }
        complete -F _dovetail dovetail

        """;

    private const string Zsh = """
        #compdef dovetail
        _dovetail() {
          local -a found
          found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -a found
        }
        compdef _dovetail dovetail

        """;

    private const string Fish = """
        complete -c dovetail -f -a '(dovetail "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'

        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that completes Dovetail's command line in a shell.");
        command.Arguments.Add(shell);
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(parsed.GetRequiredValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => Fish,
        }));
        return command;
    }
}
