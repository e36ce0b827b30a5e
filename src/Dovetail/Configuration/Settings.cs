using System.Collections.Immutable;

namespace Dovetail.Configuration;

/// <summary>All that can be configured.</summary>
internal static class Settings
{
    public static readonly Setting AuthKey = new("TS_AUTHKEY", "auth key, or OAuth client secret (which needs tags)", IsSecret: true);
    public static readonly Setting AuthKeyFile = new("TS_AUTHKEY_FILE", "file with the auth key; read at each use");
    public static readonly Setting StateDirectory = new("TS_STATE_DIR", "directory with one state directory per service", "/var/lib/dovetail");
    public static readonly Setting ControlUrl = new("TS_CONTROL_URL", "control server, for Headscale (default: Tailscale's)");
    public static readonly Setting DockerHost = new("DOCKER_HOST", "Docker Engine: unix:///path or tcp://host:port", "unix:///var/run/docker.sock");
    public static readonly Setting DockerTlsVerify = new("DOCKER_TLS_VERIFY", "speak TLS to the Engine and check its certificate");
    public static readonly Setting DockerCertPath = new("DOCKER_CERT_PATH", "directory with ca.pem, cert.pem and key.pem");
    public static readonly Setting LabelPrefix = new("DOVETAIL_LABEL_PREFIX", "what the labels begin with", "dovetail");
    public static readonly Setting Tags = new("DOVETAIL_TAGS", "comma list of tags for services that name none");
    public static readonly Setting AllowFunnel = new("DOVETAIL_ALLOW_FUNNEL", "whether labels may ask for Funnel", "false");
    public static readonly Setting NodeMemory = new("DOVETAIL_NODE_MEMORY", "soft memory limit of each tailscaled", "128MiB");
    public static readonly Setting Hold = new("DOVETAIL_HOLD", "how long requests wait for an upstream, for services that say nothing", "15s");
    public static readonly Setting Grace = new("DOVETAIL_GRACE", "how long a node outlives its last container", "5m");
    public static readonly Setting Resync = new("DOVETAIL_RESYNC", "how often all containers are listed even without an event", "30s");
    public static readonly Setting Poll = new("DOVETAIL_POLL", "how often a node's status is asked where its bus is silent", "15s");
    public static readonly Setting Connections = new("DOVETAIL_CONNECTIONS", "open connections per node; a quarter of them per peer", "8192");
    public static readonly Setting RequestLineSize = new("DOVETAIL_REQUEST_LINE_SIZE", "longest request line", "8KiB");
    public static readonly Setting RequestHeadersSize = new("DOVETAIL_REQUEST_HEADERS_SIZE", "most bytes of a request's headers", "32KiB");
    public static readonly Setting RequestHeaderCount = new("DOVETAIL_REQUEST_HEADER_COUNT", "most headers of a request", "100");
    public static readonly Setting RuntimeDirectory = new("DOVETAIL_RUNTIME_DIR", "directory of the admin and LocalAPI sockets", "/run/dovetail");
    public static readonly Setting Tailscaled = new("DOVETAIL_TAILSCALED", "the tailscaled binary (default: on PATH)", "tailscaled");
    public static readonly Setting Tailscale = new("DOVETAIL_TAILSCALE", "the tailscale binary (default: on PATH)", "tailscale");
    public static readonly Setting Container = new("DOVETAIL_CONTAINER", "Dovetail's own container, or none (default: found out)");
    public static readonly Setting AccessLog = new("DOVETAIL_ACCESS_LOG", "whether to log every request", "false");
    public static readonly Setting LogLevel = new("DOVETAIL_LOG_LEVEL", "error, warning, information, debug or trace", "information");

    public static ImmutableArray<Setting> All { get; } =
    [
        AuthKey, AuthKeyFile, StateDirectory, ControlUrl, DockerHost, DockerTlsVerify, DockerCertPath, LabelPrefix, Tags, AllowFunnel, NodeMemory,
        Hold, Grace, Resync, Poll, Connections, RequestLineSize, RequestHeadersSize, RequestHeaderCount, RuntimeDirectory, Tailscaled, Tailscale,
        Container, AccessLog, LogLevel,
    ];
}
