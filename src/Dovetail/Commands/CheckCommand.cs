using System.CommandLine;
using System.Text.Json;
using Dovetail.Checks;
using Dovetail.Common;
using Dovetail.Compose;
using Dovetail.Configuration;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Files;
using Dovetail.Services.Files;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dovetail.Commands;

/// <summary><c>dovetail check</c>: what the labels would give. It starts nothing, and needs neither a daemon nor an auth key.</summary>
internal sealed class CheckCommand(Terminal terminal, TextReader? input, TextWriter output, TextWriter error)
{
    // The settings that decide what labels mean, and where the containers are.
    private static readonly Setting[] Used =
    [
        Settings.DockerHost, Settings.DockerTlsVerify, Settings.DockerCertPath, Settings.DockerHosts, Settings.LabelPrefix,
        Settings.ServicesFile, Settings.Tags, Settings.AllowFunnel, Settings.AllowStart, Settings.Container,
    ];

    public static Command Create(SettingOptions options, Terminal terminal)
    {
        var compose = new Option<string[]>("--compose")
        {
            Description = "read a Compose file instead of the Engine; several are merged; a directory: what docker compose takes in it; "
                + "-: what docker compose config prints",
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
            .RunAsync(options.Variables(parsed), parsed.GetValue(compose) ?? [], parsed.GetValue(json), cancellationToken));
        return command;
    }

    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <param name="named">Compose files, or their directories; <c>-</c>: the input; none: the Engine is asked.</param>
    public async Task<int> RunAsync(
        Func<string, string?> variables, IReadOnlyList<string> named, bool json, CancellationToken cancellationToken)
    {
        try
        {
            var (check, errors) = named.Count == 0
                ? await OfEngineAsync(variables, cancellationToken)
                : OfCompose(variables, ComposeFiles.Of(named, input));
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
            return await RefuseAsync($"{string.Join(", ", named)} cannot be checked:", [unreadable.Message], ExitCode.Failed);
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

        var file = FileOf(options);
        if (options.Docker.IsNone && options.FurtherEngines.Count == 0)
        {
            return (LabelCheck.Of(new ContainerSnapshot(), options.Services, options.ServicesFile!, [], [], file), []);
        }

        var selection = file?.Containers ?? ContainerSelection.None;
        var listings = await Task.WhenAll(options.FurtherEngines.Prepend(options.Docker)
            .Select(endpoint => EngineListing.OfAsync(endpoint, options.Watcher, selection, cancellationToken)));
        return (LabelCheck.Of(
            EngineListing.Merge(listings, options.Watcher),
            options.Services,
            string.Join("; ", listings.Select(static listing => listing.Source).OfType<string>()),
            listings.SelectMany(static listing => listing.Failures),
            [],
            file), []);
    }

    private static (CheckDocument? Check, IReadOnlyList<string> Errors) OfCompose(Func<string, string?> variables, ComposeFiles files)
    {
        var dotEnv = DotEnv.Parse(files.Read(Path.Combine(files.Directory, DotEnv.FileName)) ?? "");
        string? OfCompose(string name) => Environment.GetEnvironmentVariable(name) ?? dotEnv.GetValueOrDefault(name);
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        var model = new ComposeLoader(files.Read, missing).Load(files.Names, new ComposeDirectory(files.Directory, OfCompose));
        var directory = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(files.Directory, "."))));
        var project = new ComposeProjectReader(model, missing, directory, OfCompose)
            .Read(OptionsReader.TextOf(Settings.Container, variables));

        // What the file tells Dovetail counts, unless the command line says otherwise. A key is not needed here, and not looked at.
        var (options, errors) = OptionsReader.Read(name =>
            name == Settings.AuthKey.Variable || name == Settings.AuthKeyFile.Variable ? null
                : variables(name) ?? project.Environment.GetValueOrDefault(name));
        if (options is null)
        {
            return (null, errors);
        }

        // The path that the file gives to Dovetail is one in Dovetail's container.
        var isHere = variables(Settings.ServicesFile.Variable) is not null;
        string[] notes =
        [
            .. files.Notes,
            .. project.Notes,
            .. options.ServicesFile is { } there && !isHere
                ? [$"the services file {Printable.Text(there)} is not looked at: name it with {Settings.ServicesFile.Option}"]
                : (string[])[],
        ];
        return (
            LabelCheck.Of(
                project.Snapshot, options.Services, files.Source, [], notes, isHere ? FileOf(options) : null),
            []);
    }

    private static ServicesFile? FileOf(DovetailOptions options) => options.ServicesFile is { } path
        ? new ServicesFileWatcher(
            path, options.Services.LabelPrefix, TimeProvider.System, NullLogger<ServicesFileWatcher>.Instance, options.EngineNames).ReadOnce()
        : null;

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
