using System.CommandLine;
using Dovetail.Admin;
using Dovetail.Configuration;

namespace Dovetail.Commands;

/// <summary>The command line.</summary>
internal static class DovetailCommand
{
    public static RootCommand Create()
    {
        var options = new SettingOptions();
        var root = new RootCommand("Dovetail exposes labelled Docker containers on a tailnet over HTTPS.");
        AddRun(root, options);
        root.Subcommands.Add(Run(options));
        root.Subcommands.Add(Status(options));
        root.Subcommands.Add(Health(options));
        root.Subcommands.Add(Version());
        return root;
    }

    private static void AddRun(Command command, SettingOptions options)
    {
        foreach (var option in options.All)
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellationToken) => RunCommand.RunAsync(options.Variables(parsed), Console.Error, cancellationToken));
    }

    private static Command Run(SettingOptions options)
    {
        var command = new Command("run", "Watch Docker and serve (the default).");
        AddRun(command, options);
        return command;
    }

    private static Command Status(SettingOptions options)
    {
        var json = new Option<bool>("--json") { Description = "print the status document instead of a table" };
        var command = new Command("status", "Show every service: where it is reached, how it stands, and what is wrong.");
        command.Options.Add(json);
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) =>
            StatusCommand.RunAsync(SocketOf(options, parsed), parsed.GetValue(json), Console.Out, Console.Error, cancellationToken));
        return command;
    }

    private static Command Health(SettingOptions options)
    {
        var command = new Command("health", "Exit with 0 when the daemon works; for HEALTHCHECK.");
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) => HealthCommand.RunAsync(SocketOf(options, parsed), Console.Out, Console.Error, cancellationToken));
        return command;
    }

    private static Command Version()
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(static _ => Console.Out.WriteLine(StatusReader.Version));
        return command;
    }

    private static string SocketOf(SettingOptions options, ParseResult parsed)
    {
        var setting = Settings.RuntimeDirectory;
        return AdminSocket.PathIn(options.Variables(parsed)(setting.Variable) is { Length: > 0 } directory ? directory : setting.Default!);
    }
}
