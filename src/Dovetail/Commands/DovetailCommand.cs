using System.CommandLine;
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
        root.Subcommands.Add(Restart(options));
        root.Subcommands.Add(Logs(options));
        root.Subcommands.Add(Forget(options));
        root.Subcommands.Add(Health(options));
        root.Subcommands.Add(Version(options));
        return root;
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

    private static Command Status(SettingOptions options)
    {
        var json = new Option<bool>("--json") { Description = "print the status document instead of a table" };
        var command = new Command("status", "Show every service: where it is reached, how it stands, and what is wrong.");
        command.Options.Add(json);
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) => StatusCommand.RunAsync(
            options.AdminSocket(parsed),
            parsed.GetValue(json),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    private static Command Restart(SettingOptions options)
    {
        var name = ServiceName();
        var command = new Command("restart", "Start a service's tailscaled anew; its machine, address and certificate stay.");
        command.Arguments.Add(name);
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) =>
            ServiceOf(options, parsed).RestartAsync(parsed.GetRequiredValue(name), cancellationToken));
        return command;
    }

    private static Command Logs(SettingOptions options)
    {
        var name = ServiceName();
        var follow = new Option<bool>("--follow", "-f") { Description = "go on with what is written from now on" };
        var command = new Command("logs", "Print the log of a service's tailscaled.");
        command.Arguments.Add(name);
        command.Options.Add(follow);
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) =>
            ServiceOf(options, parsed).LogsAsync(parsed.GetRequiredValue(name), parsed.GetValue(follow), cancellationToken));
        return command;
    }

    private static Command Forget(SettingOptions options)
    {
        var name = ServiceName();
        var yes = new Option<bool>("--yes", "-y") { Description = "do not ask" };
        var force = new Option<bool>("--force") { Description = "remove the state even if the machine cannot be logged out" };
        var command = new Command(
            "forget", "Log a service's machine out of the tailnet and remove its state; refused while a container wants it.");
        command.Arguments.Add(name);
        command.Options.Add(yes);
        command.Options.Add(force);
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) => ServiceOf(options, parsed).ForgetAsync(
            parsed.GetRequiredValue(name), parsed.GetValue(yes), parsed.GetValue(force), !Console.IsInputRedirected, cancellationToken));
        return command;
    }

    private static Argument<string> ServiceName() => new("name") { Description = "name of the service" };

    private static ServiceCommands ServiceOf(SettingOptions options, ParseResult parsed) =>
        new(options.AdminSocket(parsed), Console.In, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

    private static Command Health(SettingOptions options)
    {
        var command = new Command("health", "Exit with 0 when the daemon works; for HEALTHCHECK.");
        command.Options.Add(options.RuntimeDirectory);
        command.SetAction((parsed, cancellationToken) => HealthCommand.RunAsync(
            options.AdminSocket(parsed), parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static Command Version(SettingOptions options)
    {
        var command = new Command("version", "Print the versions of Dovetail and of its tailscaled.");
        command.Options.Add(options.Tailscaled);
        command.SetAction((parsed, cancellationToken) =>
        {
            var tailscaled = OptionsReader.TextOf(Settings.Tailscaled, options.Variables(parsed))!;
            return VersionCommand.RunAsync(tailscaled, parsed.InvocationConfiguration.Output, cancellationToken);
        });
        return command;
    }
}
