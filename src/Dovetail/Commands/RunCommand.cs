using Dovetail.Admin;
using Dovetail.Configuration;
using Dovetail.Processes;

namespace Dovetail.Commands;

/// <summary><c>dovetail run</c>: the daemon.</summary>
internal static partial class RunCommand
{
    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <returns>0 when it was asked to stop, 1 when it cannot start; then every reason is on <paramref name="error"/>.</returns>
    public static async Task<int> RunAsync(Func<string, string?> variables, TextWriter error, CancellationToken cancellationToken)
    {
        var mounts = MountTable.Read();
        // In a container, a file of the host's docker command would name sockets that are not there.
        var context = mounts.IsContainer ? null : DockerContext.Current(variables);
        var (options, errors) = OptionsReader.Read(variables, context);
        if (options is null)
        {
            return await RefuseAsync(error, errors);
        }

        FileCreationMask.OwnerOnly();
        errors = await new StartupChecks(options, TimeProvider.System).RunAsync(cancellationToken);
        if (errors.Count > 0)
        {
            return await RefuseAsync(error, errors);
        }

        var (locks, refusal) = await DirectoryLocks.TakeAsync(
            options.Nodes.StateRoot, options.Nodes.RuntimeDirectory, TimeProvider.System, error.WriteLineAsync, cancellationToken);
        using (locks)
        {
            refusal ??= StartupChecks.RemoveOldKeys(options.Nodes.RuntimeDirectory);
            return refusal is null
                ? await ServeAsync(options, context, mounts, cancellationToken)
                : await RefuseAsync(error, [refusal]);
        }
    }

    private static async Task<int> ServeAsync(
        DovetailOptions options, DockerContext? context, MountTable mounts, CancellationToken cancellationToken)
    {
        var whyLost = mounts.WhyLost(options.Nodes.StateRoot);
        options = options with { Nodes = options.Nodes with { LosesState = whyLost is not null } };
        await using var app = DaemonHost.Build(options);
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RunCommand));
        Log.Starting(logger, StatusMapper.Version, options.Nodes.StateRoot, options.Nodes.ControlUrl ?? "Tailscale");
        if (context is not null && options.Docker.ToString() == context.Host)
        {
            Log.Context(logger, context.Name);
        }

        if (whyLost is not null)
        {
            Log.LosesState(logger, options.Nodes.StateRoot, whyLost);
        }

        foreach (var hint in VariableHints.Of(Environment.GetEnvironmentVariables().Keys.Cast<string>()))
        {
            Log.Variable(logger, hint);
        }

        if (!options.HasKey)
        {
            Log.NoKey(logger);
        }
        else if (options.Keys.Read() is null)
        {
            Log.UnreadableKey(logger, options.Keys.File);
        }

        await app.RunAsync(cancellationToken);
        Log.Stopped(logger);
        return 0;
    }

    private static async Task<int> RefuseAsync(TextWriter error, IReadOnlyList<string> reasons)
    {
        await error.WriteLineAsync("Dovetail cannot start:");
        foreach (var reason in reasons)
        {
            await error.WriteLineAsync($"  {reason}");
        }

        return 1;
    }

    private static partial class Log
    {
        [LoggerMessage(1001, LogLevel.Information, "Dovetail {Version} starts; state in {StateRoot}, control server: {Control}")]
        public static partial void Starting(ILogger logger, string version, string stateRoot, string control);

        [LoggerMessage(1002, LogLevel.Warning,
            "Neither TS_AUTHKEY nor TS_AUTHKEY_FILE is set: a new service waits until somebody opens its login URL, which is shown here "
            + "and in dovetail status")]
        public static partial void NoKey(ILogger logger);

        [LoggerMessage(1003, LogLevel.Information, "Dovetail has stopped")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(1004, LogLevel.Warning,
            "TS_AUTHKEY_FILE={Path} cannot be read, or is empty: a new service waits until that is mended, or until somebody opens its "
            + "login URL")]
        public static partial void UnreadableKey(ILogger logger, string? path);

        [LoggerMessage(1005, LogLevel.Warning, "{Hint}")]
        public static partial void Variable(ILogger logger, string hint);

        [LoggerMessage(1006, LogLevel.Information, "DOCKER_HOST is not set: the Engine is that of the docker context {Context}")]
        public static partial void Context(ILogger logger, string context);

        [LoggerMessage(1007, LogLevel.Warning,
            "TS_STATE_DIR={Directory} lies {Why}: after that, every service comes back as a new machine with another name (photos-1). "
            + "Mount a named volume there, such as -v dovetail:{Directory}")]
        public static partial void LosesState(ILogger logger, string directory, string why);
    }
}
