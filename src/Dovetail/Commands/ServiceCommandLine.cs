using System.CommandLine;
using System.CommandLine.Parsing;
using Dovetail.Admin;
using Dovetail.Common;

namespace Dovetail.Commands;

/// <summary>The commands that talk to a running daemon about services, with their arguments and options.</summary>
internal sealed class ServiceCommandLine(SettingOptions options, Terminal terminal)
{
    // A shell waits for its completion.
    private static readonly TimeSpan CompletionDeadline = TimeSpan.FromSeconds(1);

    public Command Status()
    {
        var name = ServiceName();
        name.Arity = ArgumentArity.ZeroOrOne;
        name.Description = "one service, in detail; without it all, as a table";
        var watch = new Option<bool>("--watch", "-w") { Description = "show it again whenever something changes, until Ctrl-C" };
        var json = new Option<bool>("--json") { Description = "print the status document instead of a table" };
        var command = Of("status", "Show every service: where it is reached, how it stands, and what is wrong.", name, watch, json);
        command.SetAction((parsed, cancellationToken) => new StatusCommand(
            options.AdminSocket(parsed),
            terminal,
            TimeProvider.System,
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error)
            .RunAsync(parsed.GetValue(name), parsed.GetValue(json), parsed.GetValue(watch), cancellationToken));
        return command;
    }

    public Command Login()
    {
        var name = ServiceName();
        var command = Of("login", "Print the URL at which a service's machine is logged in, and wait until that is done.", name);
        command.SetAction((parsed, cancellationToken) => new LoginCommand(
            options.AdminSocket(parsed), TimeProvider.System, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error)
            .RunAsync(parsed.GetRequiredValue(name), cancellationToken));
        return command;
    }

    public Command Restart()
    {
        var name = ServiceName();
        var command = Of("restart", "Start a service's tailscaled anew; its machine, address and certificate stay.", name);
        command.SetAction((parsed, cancellationToken) => Act(parsed).RestartAsync(parsed.GetRequiredValue(name), cancellationToken));
        return command;
    }

    public Command Logs()
    {
        var name = ServiceName();
        var follow = new Option<bool>("--follow", "-f") { Description = "go on with what is written from now on" };
        var command = Of("logs", "Print the log of a service's tailscaled.", name, follow);
        command.SetAction((parsed, cancellationToken) =>
            Act(parsed).LogsAsync(parsed.GetRequiredValue(name), parsed.GetValue(follow), cancellationToken));
        return command;
    }

    public Command Forget()
    {
        var name = ServiceName();
        var (yes, force) = (Yes(), Force());
        var command = Of(
            "forget",
            "Log a service's machine out of the tailnet and remove its state; refused while a container wants it.",
            name,
            yes,
            force);
        command.SetAction((parsed, cancellationToken) => Act(parsed).ForgetAsync(
            parsed.GetRequiredValue(name), parsed.GetValue(yes), parsed.GetValue(force), cancellationToken));
        return command;
    }

    public Command Prune()
    {
        var age = new Option<string?>("--older-than")
        {
            Description = "only what was last used so long ago: 30d, 12h",
            HelpName = "age",
        };
        age.Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && AgeSyntax.Read(token.Value) is null)
            {
                result.AddError($"--older-than {token.Value}: give an age such as 30d or 12h");
            }
        });
        var (yes, force) = (Yes(), Force());
        var command = Of(
            "prune",
            "Forget every service that no container wants, not even a stopped one: list them, ask, log the machines out, remove the state.",
            null,
            age,
            yes,
            force);
        command.SetAction((parsed, cancellationToken) => new PruneCommand(
            options.AdminSocket(parsed),
            terminal,
            TimeProvider.System,
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error)
            .RunAsync(
                AgeSyntax.Read(parsed.GetValue(age) ?? "0")!.Value, parsed.GetValue(yes), parsed.GetValue(force), cancellationToken));
        return command;
    }

    public Command Notify()
    {
        var command = Of("notify", "Send a test to every receiver of notifications, and say how each answered.", null);
        command.SetAction((parsed, cancellationToken) => Act(parsed).NotifyAsync(cancellationToken));
        return command;
    }

    private static Option<bool> Yes() => new("--yes", "-y") { Description = "do not ask" };

    private static Option<bool> Force() => new("--force") { Description = "remove the state even if the machine cannot be logged out" };

    private Command Of(string name, string description, Argument? argument, params Option[] own)
    {
        var command = new Command(name, description);
        if (argument is not null)
        {
            command.Arguments.Add(argument);
        }

        foreach (var option in own)
        {
            command.Options.Add(option);
        }

        command.Options.Add(options.RuntimeDirectory);
        return command;
    }

    private ServiceCommands Act(ParseResult parsed) => new(
        options.AdminSocket(parsed), terminal, parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);

    private Argument<string> ServiceName()
    {
        var name = new Argument<string>("name") { Description = "name of the service" };
        // The library takes an option that it does not know for an argument.
        name.Validators.Add(static result =>
        {
            if (result.Tokens is [var token, ..] && token.Value.StartsWith('-'))
            {
                result.AddError($"{token.Value} is no option of {((CommandResult)result.Parent!).Command.Name}");
            }
        });
        name.CompletionSources.Add(context => NamesAsync(options.AdminSocket(context.ParseResult)).GetAwaiter().GetResult());
        return name;
    }

    private static async Task<IEnumerable<string>> NamesAsync(string socket)
    {
        using var deadline = new CancellationTokenSource(CompletionDeadline);
        using var client = new AdminClient(socket);
        try
        {
            return await client.GetStatusAsync(deadline.Token) is { } status ? status.Services.Select(static service => service.Name) : [];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }
}
