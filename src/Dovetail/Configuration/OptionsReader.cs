using Dovetail.Common;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Proxy.Model;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Configuration;

/// <summary>Reads and checks the configuration: all errors at once, each with the variable, its value and the fix.</summary>
internal sealed class OptionsReader
{
    private readonly Func<string, string?> _variables;
    private readonly List<string> _errors = [];

    private OptionsReader(Func<string, string?> variables) => _variables = variables;

    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <returns>The options, or null and what is wrong.</returns>
    public static (DovetailOptions? Options, IReadOnlyList<string> Errors) Read(Func<string, string?> variables)
    {
        var reader = new OptionsReader(variables);
        var options = reader.ReadAll();
        return reader._errors.Count == 0 ? (options, []) : (null, reader._errors);
    }

    /// <returns>What the setting says or its default, not checked; null when it has neither. Empty counts as not set.</returns>
    public static string? TextOf(Setting setting, Func<string, string?> variables) =>
        variables(setting.Variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value.Trim() : setting.Default;

    private DovetailOptions ReadAll()
    {
        var services = new ServiceOptions
        {
            LabelPrefix = Read(Settings.LabelPrefix),
            Tags = Read(Settings.Tags),
            Hold = Read(Settings.Hold),
            AllowFunnel = Read(Settings.AllowFunnel),
            AccessLog = Read(Settings.AccessLog),
        };
        var (keys, hasKey) = ReadKeys();
        var resync = Read(Settings.Resync);
        return new DovetailOptions
        {
            Nodes = ReadNodes(),
            Keys = keys,
            HasKey = hasKey,
            Services = services,
            Docker = ReadDocker(),
            Watcher = new DockerWatcherOptions
            {
                LabelPrefix = services.LabelPrefix,
                Container = Read(Settings.Container),
                ResyncInterval = resync,
            },
            Listeners = ReadListeners(),
            Reconciler = new ReconcilerOptions(Read(Settings.Grace), resync),
            Tailscale = Read(Settings.Tailscale),
            LogLevel = Read(Settings.LogLevel),
            JsonLog = Read(Settings.JsonLog),
            MetricsAddress = Read(Settings.MetricsAddress),
        };
    }

    private NodeOptions ReadNodes()
    {
        var poll = Read(Settings.Poll);
        return new NodeOptions
        {
            StateRoot = Read(Settings.StateDirectory),
            RuntimeDirectory = Read(Settings.RuntimeDirectory),
            Tailscaled = Read(Settings.Tailscaled),
            ControlUrl = Read(Settings.ControlUrl),
            Memory = Read(Settings.NodeMemory),
            Timings = new NodeTimingOptions { Poll = poll, CutOff = 3 * poll },
        };
    }

    private ListenerOptions ReadListeners()
    {
        var connections = Read(Settings.Connections);
        return new ListenerOptions
        {
            ConnectionsPerNode = connections,
            ConnectionsPerPeer = connections / 4,
            RequestLineSize = (int)Read(Settings.RequestLineSize),
            RequestHeadersSize = (int)Read(Settings.RequestHeadersSize),
            RequestHeaderCount = Read(Settings.RequestHeaderCount),
        };
    }

    private (AuthKeySource Keys, bool HasKey) ReadKeys()
    {
        var (key, file) = (Read(Settings.AuthKey), Read(Settings.AuthKeyFile));
        if (key is not null && file is not null)
        {
            Refuse(Settings.AuthKeyFile, file, $"{Settings.AuthKey.Variable} is set too; set one of them");
        }

        return (new AuthKeySource(key, file), key is not null || file is not null);
    }

    private DockerEndpoint ReadDocker()
    {
        var (endpoint, errors) = DockerEndpoint.Parse(
            Read(Settings.DockerHost), Read(Settings.DockerTlsVerify), Read(Settings.DockerCertPath));
        _errors.AddRange(errors);
        return endpoint ?? DockerEndpoint.Default;
    }

    private T Read<T>(Setting<T> setting)
    {
        if (TextOf(setting, _variables) is not { } text)
        {
            // A setting without a default is of a type that can say so.
            return default!;
        }

        if (setting.Parse(text, out var value) is { } fix)
        {
            Refuse(setting, text, fix);
        }

        return value;
    }

    private void Refuse(Setting setting, string value, string fix)
    {
        var shown = setting.IsSecret ? "(not shown)"
            : value.Contains('@') ? "(not shown, it may hold a password)"
            : Printable.Text(value);
        _errors.Add($"{setting.Variable}={shown}: {fix}");
    }
}
