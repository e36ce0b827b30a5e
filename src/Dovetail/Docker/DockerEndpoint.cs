using System.Text;
using Dovetail.Common;

namespace Dovetail.Docker;

/// <summary>
/// Where a Docker Engine listens, as <c>DOCKER_HOST</c> or <c>DOVETAIL_DOCKER_HOSTS</c> says, <c>DOCKER_TLS_VERIFY</c> and
/// <c>DOCKER_CERT_PATH</c>.
/// </summary>
internal sealed record DockerEndpoint
{
    public const string DefaultSocketPath = "/var/run/docker.sock";

    // sun_path holds 108 bytes with its terminating zero (unix(7)).
    private const int MaxSocketPathBytes = 107;
    private const int PlainPort = 2375;
    private const int TlsPort = 2376;
    private const string NoEngine = "none";
    private const string HostForms = "use unix:///path/to/docker.sock or tcp://host:port";

    /// <summary>There is no Engine: what is served is in a services file.</summary>
    public static DockerEndpoint None { get; } = new();

    public static DockerEndpoint Default { get; } = new() { SocketPath = DefaultSocketPath };

    /// <summary>Absolute path of the Engine's unix socket; null when the Engine is reached over TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Its name in <c>DOVETAIL_DOCKER_HOSTS</c>; null: it is the one of <c>DOCKER_HOST</c>.</summary>
    public string? Engine { get; init; }

    /// <summary>The variable to correct when it cannot be reached.</summary>
    public string Variable => Engine is null ? "DOCKER_HOST" : EngineList.Variable;

    /// <summary>Host name or IP address (IPv6 without brackets) of an Engine reached over TCP or SSH; empty for a unix socket.</summary>
    public string Host { get; init; } = "";

    public bool IsNone => SocketPath is null && Host.Length == 0;

    /// <summary>TCP port, 1–65535; 0 for a unix socket, and for SSH where ssh's own configuration decides.</summary>
    public int Port { get; init; }

    /// <summary>Over SSH, as <c>ssh://</c> says; null: it is not reached so.</summary>
    public SshLogin? Ssh { get; init; }

    /// <summary>Null: no TLS.</summary>
    public DockerTls? Tls { get; init; }

    /// <summary>
    /// Reads the three variables; null and empty mean not set. Looks at no file. The endpoint is null exactly when there are
    /// errors; each error names the variable, its value and the fix.
    /// </summary>
    public static (DockerEndpoint? Endpoint, EquatableArray<string> Errors) Parse(string? dockerHost, string? tlsVerify, string? certPath)
    {
        var errors = new List<string>();
        var endpoint = string.IsNullOrEmpty(dockerHost) ? Default : ParseHost(dockerHost, errors);
        var tls = ParseTls(tlsVerify, certPath, errors);
        if (endpoint is null || errors.Count > 0)
        {
            return (null, errors.ToEquatableArray());
        }

        return (endpoint.With(tls), []);
    }

    /// <summary>Reads an address alone.</summary>
    /// <param name="shown">What is set to it, as errors name it.</param>
    /// <param name="forms">What is allowed, for errors.</param>
    /// <returns>Null exactly when there is an error more.</returns>
    public static DockerEndpoint? ParseHost(string shown, string value, string forms, List<string> errors)
    {
        const string UnixPrefix = "unix://";
        if (value.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return ParseSocketPath(shown, value[UnixPrefix.Length..], errors);
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.Scheme != "tcp" || uri.IdnHost.Length == 0)
        {
            errors.Add($"{shown} is no address of a Docker Engine: {forms}.");
            return null;
        }

        if (uri.UserInfo.Length > 0 || uri.AbsolutePath.Length > 1 || uri.Query.Length > 0 || uri.Fragment.Length > 0 || uri.Port == 0)
        {
            errors.Add($"{shown} holds more than a host and a port: {forms}.");
            return null;
        }

        return new DockerEndpoint { Host = uri.IdnHost, Port = Math.Max(uri.Port, 0) };
    }

    /// <summary>With TLS, and the port that goes with it, where that is a question.</summary>
    /// <param name="tls">Null: without.</param>
    public DockerEndpoint With(DockerTls? tls) => SocketPath is not null || Ssh is not null || IsNone
        ? this
        : this with { Tls = tls, Port = Port > 0 ? Port : tls is null ? PlainPort : TlsPort };

    /// <summary>The endpoint as one would write it into <c>DOCKER_HOST</c>.</summary>
    public override string ToString()
    {
        var host = Host.Contains(':') ? $"[{Host}]" : Host;
        return IsNone ? NoEngine
            : SocketPath is not null ? $"unix://{SocketPath}"
            : Ssh is { } ssh ? $"ssh://{(ssh.User is { } user ? $"{user}@" : "")}{host}{(Port > 0 ? $":{Port}" : "")}"
            : $"tcp://{host}:{Port}";
    }

    private static DockerEndpoint? ParseHost(string value, List<string> errors)
    {
        if (value.Equals(NoEngine, StringComparison.OrdinalIgnoreCase))
        {
            return None;
        }

        // A password in the address is a mistake, and must not reach the log through this message; a socket's path holds none.
        var isPath = value.StartsWith("unix:", StringComparison.Ordinal);
        var shown = value.Contains('@') && !isPath ? "(not shown, it may hold a password)" : Printable.Text(value);
        var forms = value.StartsWith("ssh://", StringComparison.Ordinal)
            ? $"{HostForms}; over SSH, set {EngineList.Variable}=NAME=ssh://user@host beside DOCKER_HOST=none"
            : HostForms;
        return ParseHost($"DOCKER_HOST={shown}", value, forms, errors);
    }

    private static DockerEndpoint? ParseSocketPath(string shown, string path, List<string> errors)
    {
        if (!path.StartsWith('/') || path.Length == 1 || path.Contains('\0'))
        {
            errors.Add($"{shown} names no socket: use an absolute path, unix:///path/to/docker.sock.");
            return null;
        }

        if (Encoding.UTF8.GetByteCount(path) > MaxSocketPathBytes)
        {
            errors.Add($"{shown} is too long: a socket path holds at most {MaxSocketPathBytes} bytes.");
            return null;
        }

        return new DockerEndpoint { SocketPath = path };
    }

    /// <summary>Reads the two variables of TLS.</summary>
    /// <returns>Null: no TLS, or an error more.</returns>
    public static DockerTls? ParseTls(string? verify, string? certPath, List<string> errors)
    {
        // As in Docker's own clients, any value of DOCKER_TLS_VERIFY means yes, and certificates without it mean TLS unverified.
        var verified = !string.IsNullOrEmpty(verify);
        if (!string.IsNullOrEmpty(certPath))
        {
            return new DockerTls(certPath, verified);
        }

        if (verified)
        {
            errors.Add(
                $"DOCKER_TLS_VERIFY={Printable.Text(verify!)} needs DOCKER_CERT_PATH: "
                + "set it to the folder that holds ca.pem, cert.pem and key.pem.");
        }

        return null;
    }
}

/// <summary>How to speak TLS to the Engine.</summary>
/// <param name="CertPath">Folder with <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>; read again for each connection.</param>
/// <param name="Verify">Whether the Engine's certificate must chain to <c>ca.pem</c> and name the host.</param>
internal sealed record DockerTls(string CertPath, bool Verify);

/// <summary>Who one is to ssh on the Engine's host.</summary>
/// <param name="User">Null: whom ssh's own configuration names, else the user that Dovetail runs as.</param>
internal sealed record SshLogin(string? User);
