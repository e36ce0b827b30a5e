using System.Collections.Immutable;
using System.Net;
using Dovetail.Common;
using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Metrics.Otlp;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications.Receivers;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;
using Level = Microsoft.Extensions.Logging.LogLevel;

namespace Dovetail.Configuration;

/// <summary>All that can be configured: each setting once, with its default, its range and how it is read.</summary>
internal static class Settings
{
    public static readonly Setting<string?> AuthKey =
        new("TS_AUTHKEY", null, "auth key, or OAuth client secret (which needs tags)", Key) { IsSecret = true };

    public static readonly Setting<string?> AuthKeyFile = Setting.Optional("TS_AUTHKEY_FILE", "file with the auth key; read at each use");

    public static readonly Setting<string> StateDirectory =
        new("TS_STATE_DIR", "/var/lib/dovetail", "directory with one state directory per service", AbsolutePath);

    public static readonly Setting<string?> ControlUrl =
        new("TS_CONTROL_URL", null, "control server, for Headscale", Url) { WhenUnset = "Tailscale's" };

    // Those of Docker are read together: DockerEndpoint.Parse, EngineList.Parse.
    public static readonly Setting<string> DockerHost = new(
        "DOCKER_HOST", $"unix://{DockerEndpoint.DefaultSocketPath}", "Docker Engine: unix:///path, tcp://host:port or none", OneEngine);

    public static readonly Setting<string?> DockerTlsVerify =
        Setting.Optional("DOCKER_TLS_VERIFY", "speak TLS to the Engine and check its certificate");

    public static readonly Setting<string?> DockerCertPath =
        Setting.Optional("DOCKER_CERT_PATH", "directory with ca.pem, cert.pem and key.pem");

    public static readonly Setting<string?> DockerHosts = Setting.Optional(
        EngineList.Variable, "further Engines, such as nas=tcp://nas:2376,pi=ssh://user@host");

    public static readonly Setting<string> LabelPrefix = new("DOVETAIL_LABEL_PREFIX", "dovetail", "what the labels begin with", Prefix);

    public static readonly Setting<string?> ServicesFile = new(
        "DOVETAIL_SERVICES_FILE", null, "YAML file with services besides those of labels; read again when it changes", FilePath);

    public static readonly Setting<EquatableArray<string>> Tags =
        new("DOVETAIL_TAGS", null, "comma list of tags for services that name none", TagSyntax.Read);

    public static readonly Setting<bool> AllowFunnel = Setting.Flag("DOVETAIL_ALLOW_FUNNEL", "false", "whether labels may ask for Funnel");

    public static readonly Setting<bool> AllowStart =
        Setting.Flag("DOVETAIL_ALLOW_START", "false", "whether labels may have their containers stopped and started");

    public static readonly Setting<TimeSpan> Hold = Setting.Duration(
        "DOVETAIL_HOLD", "15s", "how long requests wait for an upstream, for services that say nothing",
        TimeSpan.Zero, ServiceOptions.MaxHold);

    public static readonly Setting<TimeSpan> Grace =
        Setting.Duration("DOVETAIL_GRACE", "5m", "how long a node outlives its last container", TimeSpan.Zero, TimeSpan.FromDays(30));

    public static readonly Setting<TimeSpan?> ForgetAfter = new(
        "DOVETAIL_FORGET_AFTER", null, "after what time without a container a machine is logged out, such as 30d", LongTime)
    {
        WhenUnset = "never",
    };

    public static readonly Setting<long> NodeMemory = Setting.Size(
        "DOVETAIL_NODE_MEMORY", "128MiB", "soft memory limit of each tailscaled", SizeSyntax.MinNodeMemory, SizeSyntax.MaxNodeMemory);

    public static readonly Setting<TimeSpan> Resync = Setting.Duration(
        "DOVETAIL_RESYNC", "30s", "how often all containers are listed even without an event",
        TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));

    public static readonly Setting<TimeSpan> Poll = Setting.Duration(
        "DOVETAIL_POLL", "15s", "how often a node's status is asked where its bus is silent",
        TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));

    public static readonly Setting<int> Connections =
        Setting.Number("DOVETAIL_CONNECTIONS", "8192", "open connections per node; a quarter of them per peer", 8, 1_000_000);

    public static readonly Setting<TimeSpan> StallTimeout = Setting.Duration(
        "DOVETAIL_STALL_TIMEOUT", "2m", "how long a client may take nothing of an answer", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));

    public static readonly Setting<long> RequestLineSize =
        Setting.Size("DOVETAIL_REQUEST_LINE_SIZE", "8KiB", "longest request line", 1 << 10, 1 << 20);

    public static readonly Setting<long> RequestHeadersSize =
        Setting.Size("DOVETAIL_REQUEST_HEADERS_SIZE", "32KiB", "most bytes of a request's headers", 4 << 10, 1 << 20);

    public static readonly Setting<int> RequestHeaderCount =
        Setting.Number("DOVETAIL_REQUEST_HEADER_COUNT", "100", "most headers of a request", 20, 10_000);

    public static readonly Setting<string> RuntimeDirectory =
        new("DOVETAIL_RUNTIME_DIR", "/run/dovetail", "directory of the admin and LocalAPI sockets", SocketDirectory);

    public static readonly Setting<string> Tailscaled =
        Setting.Text("DOVETAIL_TAILSCALED", "tailscaled", "the tailscaled binary; a bare name is looked for on PATH");

    public static readonly Setting<string> Tailscale =
        Setting.Text("DOVETAIL_TAILSCALE", "tailscale", "the tailscale binary; a bare name is looked for on PATH");

    public static readonly Setting<string?> Container =
        Setting.Optional("DOVETAIL_CONTAINER", "Dovetail's own container, or none") with { WhenUnset = "found out" };

    public static readonly Setting<bool> AccessLog =
        Setting.Flag("DOVETAIL_ACCESS_LOG", "false", "whether to log every request, for services that say nothing");

    public static readonly Setting<Level> LogLevel =
        new("DOVETAIL_LOG_LEVEL", "information", "error, warning, information, debug or trace", LevelName);

    public static readonly Setting<bool> JsonLog =
        new("DOVETAIL_LOG_FORMAT", "text", "text, or json: one object per line", LogFormat);

    public static readonly Setting<IPEndPoint?> MetricsAddress = new(
        "DOVETAIL_METRICS_ADDRESS", null, "address and port where Prometheus reads metrics, such as 172.18.0.2:9090", MetricsEndPoint);

    // Those of OpenTelemetry are named, and mean, what its specification says ("OTLP Exporter Configuration", "General SDK Configuration").
    public static readonly Setting<Uri?> OtlpEndpoint = new(
        "OTEL_EXPORTER_OTLP_ENDPOINT", null, "OpenTelemetry collector to send metrics to, such as http://collector:4318", CollectorUrl);

    public static readonly Setting<Uri?> OtlpMetricsEndpoint = new(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", null, "the same for metrics alone: the whole address, with /v1/metrics", CollectorUrl);

    public static readonly Setting<bool> OtlpIsGrpc =
        new("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "http/protobuf or grpc", OtlpProtocol);

    public static readonly Setting<EquatableArray<KeyValuePair<string, string>>> OtlpHeaders =
        new("OTEL_EXPORTER_OTLP_HEADERS", null, "name=value list of headers for the collector", PairSyntax.ReadHeaders) { IsSecret = true };

    public static readonly Setting<string?> OtlpHeadersFile =
        Setting.Optional("OTEL_EXPORTER_OTLP_HEADERS_FILE", "file with those headers; read at each use");

    public static readonly Setting<int> OtlpInterval =
        Setting.Number("OTEL_METRIC_EXPORT_INTERVAL", "60000", "milliseconds from one export to the next", 100, 86_400_000);

    public static readonly Setting<string?> OtlpServiceName =
        Setting.Optional("OTEL_SERVICE_NAME", "service.name of the metrics that are sent") with { WhenUnset = "dovetail" };

    public static readonly Setting<EquatableArray<KeyValuePair<string, string>>> OtlpResource =
        new("OTEL_RESOURCE_ATTRIBUTES", null, "name=value list of further attributes of theirs", PairSyntax.ReadAttributes);

    public static readonly Setting<bool> OtlpIsDisabled = Setting.Flag("OTEL_SDK_DISABLED", "false", "whether to send none after all");

    public static readonly Setting<string?> Dashboard =
        new("DOVETAIL_DASHBOARD", null, "name on the tailnet of a page that shows all services", ServiceName);

    public static readonly Setting<DashboardAudience?> DashboardAllow = new(
        "DOVETAIL_DASHBOARD_ALLOW", null, "who sees the dashboard, as in dovetail.allow; *: its start page for everybody", Audience);

    public static readonly Setting<EquatableArray<AccessRule>> DashboardAdmins =
        new("DOVETAIL_DASHBOARD_ADMINS", null, "who of those may restart a service there", AllowSyntax.Read);

    public static readonly Setting<IReadOnlyList<Receiver>?> Notify =
        new("DOVETAIL_NOTIFY", null, "URLs of receivers of notifications", Receivers) { IsSecret = true };

    public static readonly Setting<string?> NotifyFile =
        Setting.Optional("DOVETAIL_NOTIFY_FILE", "file with the URLs of receivers of notifications; read at each use");

    public static readonly Setting<TimeSpan> NotifyDelay = Setting.Duration(
        "DOVETAIL_NOTIFY_DELAY", "30s", "how long something has to last before it is notified of", TimeSpan.Zero, TimeSpan.FromDays(1));

    public static readonly Setting<Severity> NotifySeverity =
        new("DOVETAIL_NOTIFY_SEVERITY", "problem", "problem, or notice: those too", SeverityName);

    public static readonly Setting<bool> NotifyLoginUrl =
        Setting.Flag("DOVETAIL_NOTIFY_LOGIN_URL", "false", "whether notifications hold login URLs");

    /// <summary>In the order of the help text and of the README.</summary>
    public static ImmutableArray<Setting> All { get; } =
    [
        AuthKey, AuthKeyFile, StateDirectory, ControlUrl, DockerHost, DockerTlsVerify, DockerCertPath, DockerHosts, LabelPrefix,
        ServicesFile, Tags, AllowFunnel, AllowStart, Hold, Grace, ForgetAfter, NodeMemory, Resync, Poll, Connections, StallTimeout,
        RequestLineSize, RequestHeadersSize, RequestHeaderCount, RuntimeDirectory, Tailscaled, Tailscale, Container, AccessLog, LogLevel,
        JsonLog, MetricsAddress, OtlpEndpoint, OtlpMetricsEndpoint, OtlpIsGrpc, OtlpHeaders, OtlpHeadersFile, OtlpInterval,
        OtlpServiceName, OtlpResource, OtlpIsDisabled, Dashboard, DashboardAllow, DashboardAdmins, Notify, NotifyFile, NotifyDelay,
        NotifySeverity, NotifyLoginUrl,
    ];

    private static string? Key(string text, out string? value)
    {
        value = text;
        return text[0] is '"' or '\'' || text[^1] is '"' or '\'' ? Setting.Quoted
            : text.AsSpan().ContainsAnyExceptInRange('!', '~') ? "holds a character that is invisible, or that no key has; copy it anew"
            : null;
    }

    private static string? AbsolutePath(string text, out string value)
    {
        value = Path.TrimEndingDirectorySeparator(text);
        return Path.IsPathRooted(text) ? null : "give an absolute path";
    }

    private static string? FilePath(string text, out string? value)
    {
        value = text;
        if (text.EndsWith('/'))
        {
            return "give a file, no directory";
        }

        value = Path.GetFullPath(text);
        return null;
    }

    private static string? SocketDirectory(string text, out string value) => AbsolutePath(text, out value)
        ?? (NodePaths.Fits(value) ? null : "too long for sockets below it, whose paths end at 107 bytes; give a path of at most 80");

    private static string? Url(string text, out string? value)
    {
        value = text;
        return !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")
            ? "give a URL such as https://headscale.example.com"
            // It goes into arguments and logs.
            : uri.UserInfo.Length > 0 ? "give it without user and password" : null;
    }

    private static string? CollectorUrl(string text, out Uri? value)
    {
        const string give = "give a URL such as http://collector:4318";
        return !Uri.TryCreate(text, UriKind.Absolute, out value) || value.Scheme is not ("http" or "https") ? give
            : value.UserInfo.Length > 0 ? $"{give}, and what identifies you in OTEL_EXPORTER_OTLP_HEADERS, such as authorization=Basic%20…"
            : value.Fragment.Length > 0 ? $"{give}, without a fragment"
            : null;
    }

    private static string? OtlpProtocol(string text, out bool value)
    {
        value = text.Equals("grpc", StringComparison.OrdinalIgnoreCase);
        return value || text.Equals("http/protobuf", StringComparison.OrdinalIgnoreCase)
            ? null
            : "give http/protobuf or grpc; every collector takes both";
    }

    private static string? Prefix(string text, out string value)
    {
        value = text.TrimEnd('.');
        return value.Length > 0 && value.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' or '_')
            ? null
            : "give letters, digits, dots, hyphens or underscores, such as dovetail";
    }

    private static string? OneEngine(string text, out string value)
    {
        value = text;
        // A socket's path may hold a comma.
        var isList = text.StartsWith("tcp:", StringComparison.Ordinal)
            ? text.Contains(',')
            : text.Split(',').Skip(1).Any(static next => next.Contains("://", StringComparison.Ordinal));
        return isList
            ? $"names several Engines; name one, and the others in {EngineList.Variable}, such as nas=tcp://nas:2376"
            : null;
    }

    // What is unwanted for less may be about to be made anew.
    private static string? LongTime(string text, out TimeSpan? value)
    {
        value = AgeSyntax.Read(text);
        return value >= TimeSpan.FromHours(1) ? null : "give a time from 1h on, such as 30d or 36h";
    }

    private static string? LogFormat(string text, out bool value)
    {
        value = text.Equals("json", StringComparison.OrdinalIgnoreCase);
        return value || text.Equals("text", StringComparison.OrdinalIgnoreCase) ? null : "give text or json";
    }

    private static string? MetricsEndPoint(string text, out IPEndPoint? value)
    {
        const string give = "give an address of this machine or container, and a port, such as 172.18.0.2:9090";
        if (!IPEndPoint.TryParse(text, out value) || value.Port == 0)
        {
            return give;
        }

        var address = value.Address.IsIPv4MappedToIPv6 ? value.Address.MapToIPv4() : value.Address;
        return IPAddress.IsLoopback(address)
            ? $"every peer of the tailnet reaches what listens on a loopback address, through each node; {give}"
            : !address.GetAddressBytes().AsSpan().ContainsAnyExcept((byte)0)
                ? $"on all addresses it listens on loopback too, which every peer of the tailnet reaches through each node; {give}"
                : null;
    }

    private static string? ServiceName(string text, out string? value)
    {
        var problem = NameSyntax.Read(text, out var name);
        value = name;
        return problem;
    }

    private static string? Audience(string text, out DashboardAudience? value)
    {
        var entries = text.Split(',', StringSplitOptions.TrimEntries);
        var named = entries.Where(static entry => entry != "*").ToList();
        EquatableArray<AccessRule> rules = [];
        var problem = named.Count == 0 ? null : AllowSyntax.Read(string.Join(',', named), out rules);
        value = new DashboardAudience(rules, named.Count < entries.Length);
        return problem is null ? null : $"{problem}; and * for the start page to everybody";
    }

    private static string? Receivers(string text, out IReadOnlyList<Receiver>? value)
    {
        var problem = ReceiverSyntax.ReadList(text, out var receivers);
        value = receivers;
        return problem;
    }

    private static string? SeverityName(string text, out Severity value)
    {
        var isNotice = text.Equals("notice", StringComparison.OrdinalIgnoreCase);
        value = isNotice ? Severity.Notice : Severity.Problem;
        return isNotice || text.Equals("problem", StringComparison.OrdinalIgnoreCase) ? null : "give problem or notice";
    }

    private static string? LevelName(string text, out Level value)
    {
        value = text.ToLowerInvariant() switch
        {
            "error" => Level.Error,
            "warn" or "warning" => Level.Warning,
            "info" or "information" => Level.Information,
            "debug" => Level.Debug,
            "trace" => Level.Trace,
            _ => Level.None,
        };
        return value == Level.None ? "give error, warning, information, debug or trace" : null;
    }
}
