using Dovetail.Common;
using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Metrics.Otlp;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications;
using Dovetail.Notifications.Messages;
using Dovetail.Notifications.Receivers;
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
        var file = Read(Settings.ServicesFile);
        var (docker, further) = ReadEngines(file);
        return new DovetailOptions
        {
            Nodes = ReadNodes(),
            Keys = keys,
            HasKey = hasKey,
            Services = services,
            ServicesFile = file,
            Docker = docker,
            FurtherEngines = further,
            Watcher = new DockerWatcherOptions
            {
                LabelPrefix = services.LabelPrefix,
                Container = Read(Settings.Container),
                EvenAsleep = services.AllowStart,
                ResyncInterval = resync,
            },
            Listeners = ReadListeners(),
            Reconciler = new ReconcilerOptions(Read(Settings.Grace), resync, Read(Settings.ForgetAfter)),
            Tailscale = Read(Settings.Tailscale),
            LogLevel = Read(Settings.LogLevel),
            JsonLog = Read(Settings.JsonLog),
            MetricsAddress = Read(Settings.MetricsAddress),
            Otlp = ReadOtlp(),
            Dashboard = dashboard,
            Notifications = ReadNotifications(),
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

    private OtlpOptions? ReadOtlp()
    {
        var isGrpc = Read(Settings.OtlpIsGrpc);
        var address = ReadCollector(isGrpc);
        var (headers, file) = (Read(Settings.OtlpHeaders), Read(Settings.OtlpHeadersFile));
        if (headers.Count > 0 && file is not null)
        {
            Refuse(Settings.OtlpHeadersFile, file, $"{Settings.OtlpHeaders.Variable} is set too; set one of them");
        }

        var (interval, isDisabled) = (TimeSpan.FromMilliseconds(Read(Settings.OtlpInterval)), Read(Settings.OtlpIsDisabled));
        var (name, attributes) = (Read(Settings.OtlpServiceName), Read(Settings.OtlpResource));
        return address is null || isDisabled ? null : new OtlpOptions
        {
            Address = address,
            IsGrpc = isGrpc,
            Headers = new OtlpHeaders(headers, file),
            Interval = interval,
            ServiceName = name,
            Attributes = attributes,
        };
    }

    private Uri? ReadCollector(bool isGrpc)
    {
        var (endpoint, ofMetrics) = (Read(Settings.OtlpEndpoint), Read(Settings.OtlpMetricsEndpoint));
        if (isGrpc)
        {
            return (ofMetrics ?? endpoint) is { } server ? OtlpOptions.AddressIn(server, isGrpc) : null;
        }

        if (ofMetrics is null && endpoint?.AbsolutePath.EndsWith("/v1/metrics", StringComparison.Ordinal) == true)
        {
            Refuse(
                Settings.OtlpEndpoint, endpoint.OriginalString,
                $"give it without /v1/metrics, which is added; or set {Settings.OtlpMetricsEndpoint.Variable}");
        }

        return ofMetrics ?? (endpoint is null ? null : OtlpOptions.AddressIn(endpoint, isGrpc));
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

    private NotifyOptions? ReadNotifications()
    {
        var (receivers, file) = (Read(Settings.Notify), Read(Settings.NotifyFile));
        var (delay, severity, loginUrl) = (Read(Settings.NotifyDelay), Read(Settings.NotifySeverity), Read(Settings.NotifyLoginUrl));
        if (TextOf(Settings.Notify, _variables) is not null && file is not null)
        {
            Refuse(Settings.NotifyFile, file, $"{Settings.Notify.Variable} is set too; set one of them");
        }

        return receivers is null && file is null
            ? null
            : new NotifyOptions(new ReceiverSource(receivers, file), new WatchOptions(delay), severity, loginUrl);
    }

    private (DockerEndpoint Home, EquatableArray<DockerEndpoint> Further) ReadEngines(string? servicesFile)
    {
        var (hosts, verify, certPath) = (Read(Settings.DockerHosts), Read(Settings.DockerTlsVerify), Read(Settings.DockerCertPath));
        var home = _context is { } context && string.IsNullOrWhiteSpace(_variables(Settings.DockerHost.Variable))
            ? ReadContext(context)
            : ReadDocker(verify, certPath, servicesFile, isOnly: hosts is null);
        var (further, errors) = EngineList.Parse(hosts, home, verify, certPath);
        _errors.AddRange(errors);
        return (home ?? DockerEndpoint.Default, further);
    }

    /// <returns>Null: there are errors.</returns>
    private DockerEndpoint? ReadDocker(string? tlsVerify, string? certPath, string? servicesFile, bool isOnly)
    {
        var (endpoint, errors) = DockerEndpoint.Parse(Read(Settings.DockerHost), tlsVerify, certPath);
        _errors.AddRange(errors);
        if (endpoint is { IsNone: true } && servicesFile is null && isOnly)
        {
            Refuse(
                Settings.DockerHost,
                endpoint.ToString(),
                $"leaves nothing to serve; set {Settings.ServicesFile.Variable} or {Settings.DockerHosts.Variable}, or name an Engine");
        }

        return endpoint;
    }

    /// <returns>Null: there are errors.</returns>
    private DockerEndpoint? ReadContext(DockerContext context)
    {
        if (context.Host is null)
        {
            _errors.Add(context.Problem ?? "");
            return null;
        }

        var verify = context is { VerifiesTls: true, CertPath: not null } ? "1" : null;
        var (endpoint, errors) = DockerEndpoint.Parse(context.Host, verify, context.CertPath);
        _errors.AddRange(errors.Select(error => $"docker context {context.Name}: {error}"));
        return endpoint;
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
            : setting is Setting<Uri?> && value.Contains('?') ? "(not shown, it may hold a token)"
            : Printable.Text(value);
        _errors.Add($"{setting.Variable}={shown}: {fix}");
    }
}
