using System.CommandLine;
using System.Text.Json;
using Dovetail.Checks;
using Dovetail.Compose;
using Dovetail.Configuration;
using Dovetail.Docker;

namespace Dovetail.Commands;

/// <summary><c>dovetail check</c>: what the labels would give. It starts nothing, and needs neither a daemon nor an auth key.</summary>
internal sealed class CheckCommand(Terminal terminal, TextReader? input, TextWriter output, TextWriter error)
{
    // The settings that decide what labels mean, and where the containers are.
    private static readonly Setting[] Used =
    [
        Settings.DockerHost, Settings.DockerTlsVerify, Settings.DockerCertPath, Settings.LabelPrefix, Settings.Tags, Settings.AllowFunnel,
        Settings.AllowStart, Settings.Container,
    ];

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var compose = new Option<string?>("--compose")
        {
            Description = "read a Compose file instead of the Engine; - reads what docker compose config prints",
            HelpName = "file",
        };
        var json = new Option<bool>("--json") { Description = "print a document instead of text" };
        var command = new Command(
            "check", "Show what the labels would expose, and every mistake with its fix. Starts nothing; needs no daemon and no key.");
        command.Options.Add(compose);
        command.Options.Add(json);
        foreach (var setting in Used)
        {
            command.Options.Add(options.Of(setting));
        }

        command.SetAction((parsed, cancellationToken) => new CheckCommand(
            terminal,
            terminal.Input ?? (Console.IsInputRedirected ? Console.In : null),
            parsed.InvocationConfiguration.Output,
            parsed.InvocationConfiguration.Error)
            .RunAsync(options.Variables(parsed), parsed.GetValue(compose), parsed.GetValue(json), cancellationToken));
        return command;
    }

    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <param name="file">A Compose file; <c>-</c>: the input; null: the Engine is asked.</param>
    public async Task<int> RunAsync(
        Func<string, string?> variables, string? file, bool json, CancellationToken cancellationToken)
    {
        try
        {
            var (check, errors) = file is null
                ? await OfEngineAsync(variables, cancellationToken)
                : OfCompose(variables, file, await ReadAsync(file, cancellationToken));
            if (check is null)
            {
                return await RefuseAsync("The configuration has mistakes:", errors, ExitCode.Failed);
            }

            await output.WriteAsync(json
                ? JsonSerializer.Serialize(check, CheckJson.Default.CheckDocument) + "\n"
                : CheckText.Render(check, terminal.Screen));
            return check.Mistakes.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        }
        catch (DockerException away)
        {
            return await RefuseAsync("The containers cannot be listed:", [away.Message], ExitCode.NoAnswer);
        }
        catch (Exception unreadable) when (unreadable is ComposeException or IOException or UnauthorizedAccessException)
        {
            return await RefuseAsync($"{file} cannot be checked:", [unreadable.Message], ExitCode.Failed);
        }
    }

    private static async Task<(CheckDocument? Check, IReadOnlyList<string> Errors)> OfEngineAsync(
        Func<string, string?> variables, CancellationToken cancellationToken)
    {
        var (options, errors) = OptionsReader.Read(variables);
        if (options is null)
        {
            return (null, errors);
        }

        using var client = new DockerClient(options.Docker, TimeProvider.System);
        var version = await client.GetVersionAsync(cancellationToken);
        var lister = ContainerLister.Create(client, options.Watcher, TimeProvider.System);
        var listing = await lister.ListAsync(cancellationToken);
        var source = $"Docker {version.Engine} at {client.Endpoint}";
        return (LabelCheck.Of(listing.Snapshot, options.Services, source, listing.Failures, []), []);
    }

    private static (CheckDocument? Check, IReadOnlyList<string> Errors) OfCompose(
        Func<string, string?> variables, string file, (string Text, string DotEnv) read)
    {
        var dotEnv = DotEnv.Parse(read.DotEnv);
        string? OfCompose(string name) => Environment.GetEnvironmentVariable(name) ?? dotEnv.GetValueOrDefault(name);
        var interpolation = new Interpolation(OfCompose);
        var directory = Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)) ?? "");
        var reader = new ComposeProjectReader(ComposeNode.Parse(read.Text, interpolation), interpolation, directory, OfCompose);
        var project = reader.Read(OptionsReader.TextOf(Settings.Container, variables));

        // What the file tells Dovetail counts, unless the command line says otherwise. A key is not needed here, and not looked at.
        var (options, errors) = OptionsReader.Read(name =>
            name == Settings.AuthKey.Variable || name == Settings.AuthKeyFile.Variable ? null
                : variables(name) ?? project.Environment.GetValueOrDefault(name));
        return options is null
            ? (null, errors)
            : (LabelCheck.Of(project.Snapshot, options.Services, file == "-" ? "Compose file" : file, [], project.Notes), []);
    }

    private async Task<(string Text, string DotEnv)> ReadAsync(string file, CancellationToken cancellationToken)
    {
        if (file == "-")
        {
            return (input is null ? "" : await input.ReadToEndAsync(cancellationToken), "");
        }

        var text = await File.ReadAllTextAsync(file, cancellationToken);
        var dotEnv = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, ".env");
        return (text, File.Exists(dotEnv) ? await File.ReadAllTextAsync(dotEnv, cancellationToken) : "");
    }

    private async Task<int> RefuseAsync(string what, IReadOnlyList<string> reasons, int exitCode)
    {
        await error.WriteLineAsync(what);
        foreach (var reason in reasons)
        {
            await error.WriteLineAsync($"  {reason}");
        }

        return exitCode;
    }
}
