using Dovetail.Common;
using Dovetail.Dashboard;
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
    private readonly DockerContext? _context;
    private readonly List<string> _errors = [];

    private OptionsReader(Func<string, string?> variables, DockerContext? context) => (_variables, _context) = (variables, context);

    /// <param name="variables">Value of an environment variable, after command-line options; null: not set.</param>
    /// <param name="context">Names the Engine when <c>DOCKER_HOST</c> does not; null: nothing does.</param>
    /// <returns>The options, or null and what is wrong.</returns>
    public static (DovetailOptions? Options, IReadOnlyList<string> Errors) Read(
        Func<string, string?> variables, DockerContext? context = null)
    {
        var reader = new OptionsReader(variables, context);
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
            AllowStart = Read(Settings.AllowStart),
            AccessLog = Read(Settings.AccessLog),
        };
        var dashboard = ReadDashboard();
        services = services with { Own = dashboard?.ToService(services) };
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
                EvenAsleep = services.AllowStart,
                ResyncInterval = resync,
            },
            Listeners = ReadListeners(),
            Reconciler = new ReconcilerOptions(Read(Settings.Grace), resync),
            Tailscale = Read(Settings.Tailscale),
            LogLevel = Read(Settings.LogLevel),
            JsonLog = Read(Settings.JsonLog),
            MetricsAddress = Read(Settings.MetricsAddress),
            Dashboard = dashboard,
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
            StallTimeout = Read(Settings.StallTimeout),
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

    private DashboardOptions? ReadDashboard()
    {
        var (name, audience, admins) = (Read(Settings.Dashboard), Read(Settings.DashboardAllow), Read(Settings.DashboardAdmins));
        if (name is null)
        {
            return null;
        }

        if (audience is null)
        {
            if (TextOf(Settings.DashboardAllow, _variables) is null)
            {
                Refuse(Settings.Dashboard, name, $"say who may see it: set {Settings.DashboardAllow.Variable}, such as to ada@example.com");
            }

            return null;
        }

        if (admins.FirstOrDefault(admin => !audience.Names(admin)) is { } stranger)
        {
            Refuse(
                Settings.DashboardAdmins,
                TextOf(Settings.DashboardAdmins, _variables)!,
                $"its entry number {admins.TakeWhile(admin => admin != stranger).Count() + 1} is not among those of "
                    + $"{Settings.DashboardAllow.Variable}, without which it lets nobody in; add it there");
        }

        return new DashboardOptions(name, audience, admins);
    }

    private DockerEndpoint ReadDocker()
    {
        if (_context is { } context && string.IsNullOrWhiteSpace(_variables(Settings.DockerHost.Variable)))
        {
            return ReadContext(context);
        }

        var (endpoint, errors) = DockerEndpoint.Parse(
            Read(Settings.DockerHost), Read(Settings.DockerTlsVerify), Read(Settings.DockerCertPath));
        _errors.AddRange(errors);
        return endpoint ?? DockerEndpoint.Default;
    }

    private DockerEndpoint ReadContext(DockerContext context)
    {
        if (context.Host is null)
        {
            _errors.Add(context.Problem ?? "");
            return DockerEndpoint.Default;
        }

        var verify = context is { VerifiesTls: true, CertPath: not null } ? "1" : null;
        var (endpoint, errors) = DockerEndpoint.Parse(context.Host, verify, context.CertPath);
        _errors.AddRange(errors.Select(error => $"docker context {context.Name}: {error}"));
        return endpoint ?? DockerEndpoint.Default;
    }

    private T Read<T>(Setting<T> setting)
    {
        if (TextOf(setting, _variables) is not { } text)
        {
            // A setting without a default is of a type that can say so.
            return default!;
        }

        var fix = setting.Parse(text, out var value);
        fix = text is ['"' or '\'', .., '"' or '\''] ? Setting.Quoted : fix;
        if (fix is null)
        {
            return value;
        }

        Refuse(setting, text, fix);
        return default!;
    }

    private void Refuse(Setting setting, string value, string fix)
    {
        var shown = setting.IsSecret ? "(not shown)"
            : value.Contains('@') ? "(not shown, it may hold a password)"
            : Printable.Text(value);
        _errors.Add($"{setting.Variable}={shown}: {fix}");
    }
}
