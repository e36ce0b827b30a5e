using System.CommandLine;
using System.CommandLine.Invocation;
using Dovetail.Configuration;
using Dovetail.Services.Labels;

namespace Dovetail.Commands;

/// <summary>The command line.</summary>
internal static class DovetailCommand
{
    /// <summary>Does what the command line says.</summary>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public static async Task<int> InvokeAsync(
        IReadOnlyList<string> arguments, Terminal terminal, InvocationConfiguration configuration, CancellationToken cancellationToken)
    {
        var parsed = Create(terminal).Parse(arguments);
        return parsed.Action is ParseErrorAction
            ? await RefuseAsync(parsed, configuration.Error)
            : await parsed.InvokeAsync(configuration, cancellationToken);
    }

    // Not with the library's own action: its help would push what is wrong out of sight, and go into pipes.
    private static async Task<int> RefuseAsync(ParseResult parsed, TextWriter error)
    {
        foreach (var mistake in parsed.Errors)
        {
            await error.WriteLineAsync(mistake.Message);
        }

        var command = parsed.CommandResult.Command;
        if (Meant(parsed, command) is { } meant)
        {
            await error.WriteLineAsync($"Did you mean {meant}?");
        }

        await error.WriteLineAsync($"See: dovetail {(command is RootCommand ? "" : command.Name + " ")}--help");
        return ExitCode.Usage;
    }

    private static string? Meant(ParseResult parsed, Command command)
    {
        string[] known =
        [
            .. command.Subcommands.Select(static subcommand => subcommand.Name),
            .. command.Options.Where(static option => !option.Hidden).Select(static option => option.Name),
            "--help",
        ];
        // An option that is not known may have been taken for a service's name.
        var options = parsed.Tokens.Select(static token => token.Value).Where(word => word.StartsWith('-') && !known.Contains(word));
        return parsed.UnmatchedTokens.Concat(options)
            .Select(word => NearestName.Of(word, known))
            .FirstOrDefault(static near => near is not null);
    }

    private static RootCommand Create(Terminal terminal)
    {
        var options = new SettingOptions();
        var root = new RootCommand("Dovetail exposes labelled Docker containers on a tailnet over HTTPS.");
        // Without a command the daemon runs, with the options of "run", which shows them.
        AddRun(root, new SettingOptions(isHidden: true));
        var commands = new ServiceCommandLine(options, terminal);
        Dictionary<Command, string[]> examples = new()
        {
            [root] = ["dovetail run", "dovetail status", "docker exec dovetail dovetail status"],
            [Add(root, Run(options))] =
            [
                "TS_AUTHKEY_FILE=/run/secrets/authkey dovetail run",
                "dovetail run --state-dir /srv/dovetail --log-level debug",
            ],
            [Add(root, commands.Status())] =
            [
                "dovetail status", "dovetail status photos", "dovetail status --watch", "dovetail status --json | jq '.services[].url'",
            ],
            [Add(root, CheckCommand.Create(options, terminal))] =
            [
                "dovetail check",
                "dovetail check --container dovetail",
                "dovetail check --compose compose.yaml",
                "dovetail check --compose compose.yaml --compose compose.override.yaml",
                "docker compose config | dovetail check --compose -",
            ],
            [Add(root, commands.Login())] = ["dovetail login photos"],
            [Add(root, commands.Logs())] = ["dovetail logs photos", "dovetail logs photos --follow"],
            [Add(root, commands.Restart())] = ["dovetail restart photos"],
            [Add(root, commands.Forget())] = ["dovetail forget photos", "dovetail forget photos --yes --force"],
            [Add(root, commands.Prune())] = ["dovetail prune", "dovetail prune --older-than 30d --yes"],
            [Add(root, commands.Notify())] = ["dovetail notify", "docker exec dovetail dovetail notify"],
            [Add(root, Health(options))] = ["dovetail health"],
            [Add(root, Version(options))] = ["dovetail version"],
            [Add(root, CompletionCommand.Create())] =
            [
                "source <(dovetail completion bash)",
                "dovetail completion zsh > \"${fpath[1]}/_dovetail\"",
                "dovetail completion fish > ~/.config/fish/completions/dovetail.fish",
            ],
        };
        CommandHelp.Use(root, examples, terminal);
        return root;
    }

    private static Command Add(RootCommand root, Command command)
    {
        root.Subcommands.Add(command);
        return command;
    }

    private static void AddRun(Command command, SettingOptions options)
    {
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
            RunCommand.RunAsync(options.Variables(parsed), parsed.InvocationConfiguration.Error, cancellationToken));
    }

    private static Command Run(SettingOptions options)
    {
        var command = new Command("run", "Watch Docker and serve (the default).");
        AddRun(command, options);
        return command;
    }

    private static Command Health(SettingOptions options)
    {
        var command = new Command("health", "Exit with 0 when the daemon works, else with 1; for HEALTHCHECK.");
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) => HealthCommand.RunAsync(
            options.AdminSocket(parsed), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static Command Version(SettingOptions options)
    {
        var command = new Command("version", "Print the versions of Dovetail and of its tailscaled.");
        command.Options.Add(options.Of(Settings.Tailscaled));
        command.SetAction((parsed, cancellationToken) =>
        {
            var tailscaled = OptionsReader.TextOf(Settings.Tailscaled, options.Variables(parsed))!;
            return VersionCommand.RunAsync(tailscaled, parsed.InvocationConfiguration.Output, cancellationToken);
        });
        return command;
    }
}
