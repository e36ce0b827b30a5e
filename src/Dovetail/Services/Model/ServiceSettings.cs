using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>
/// The settings that all containers of a service share. Each is one label: a property here, and an entry in the table of labels.
/// </summary>
internal abstract record ServiceSettings
{
    /// <summary>ACL tags, each with its <c>tag:</c> prefix; sorted, without repeats.</summary>
    public EquatableArray<string> Tags { get; init; }

    public TlsMode Tls { get; init; }

    /// <summary>Whether port 80 answers with a redirect to HTTPS. Without effect while the node serves plain HTTP.</summary>
    public bool Redirect { get; init; } = true;

    public RedirectMode Redirects { get; init; }

    /// <summary>Who may use the service, without repeats; empty: everybody the tailnet lets in.</summary>
    public EquatableArray<AccessRule> Allow { get; init; }

    /// <summary>Whether the identity headers are set.</summary>
    public bool Identity { get; init; } = true;

    /// <summary>By which family of other proxies' headers the container learns who asks, besides Dovetail's own.</summary>
    public LoginHeaders LoginHeaders { get; init; }

    /// <summary>What the container is told of the way that a request came.</summary>
    public ForwardedMode Forwarded { get; init; }

    /// <summary>
    /// Whose word on that is passed on, without repeats; empty: nobody's. Of effect with <see cref="ForwardedMode.Trust"/> only.
    /// </summary>
    public EquatableArray<AccessRule> ForwardedFrom { get; init; }

    /// <summary>
    /// Headers that a client may set though an application could take them for a login; in lower case, with a hyphen for what is neither
    /// letter nor digit, sorted, without repeats.
    /// </summary>
    public EquatableArray<string> PassHeaders { get; init; }

    /// <summary>Public through Tailscale Funnel.</summary>
    public bool Funnel { get; init; }

    /// <summary>How long a request waits for an upstream that is starting or restarting, at most an hour; zero: not at all.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(15);

    public HealthMode Health { get; init; }

    /// <summary>After how long without a request its containers are stopped, until the next one; null: never.</summary>
    public TimeSpan? Sleep { get; init; }

    /// <summary>How long a request waits for containers that it has started, at most an hour.</summary>
    public TimeSpan Wake { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether each request is logged.</summary>
    public bool AccessLog { get; init; }

    /// <summary>Soft memory limit of the service's tailscaled in bytes; null: the daemon's default.</summary>
    public long? Memory { get; init; }
}

/// <summary>What <c>dovetail.tls</c> asks for.</summary>
internal enum TlsMode
{
    /// <summary>HTTPS when the tailnet issues certificates, else plain HTTP on port 80.</summary>
    Auto,

    /// <summary>HTTPS or an error.</summary>
    On,

    /// <summary>Plain HTTP on port 80.</summary>
    Off,
}

/// <summary>What becomes of a container's redirects to its own address (<c>dovetail.redirects</c>).</summary>
internal enum RedirectMode
{
    /// <summary>They lead to the service.</summary>
    Rewrite,

    /// <summary>They stay as they are.</summary>
    Keep,
}

/// <summary>Headers from which an application takes a login (<c>dovetail.headers</c>).</summary>
internal enum LoginHeaders
{
    /// <summary>None.</summary>
    None,

    /// <summary><c>Remote-User</c>, as Authelia and many web servers set it.</summary>
    RemoteUser,

    /// <summary><c>X-Auth-Request-User</c>, as oauth2-proxy sets it.</summary>
    AuthRequest,

    /// <summary><c>X-WEBAUTH-USER</c>, as Grafana and Forgejo take it.</summary>
    WebAuth,
}

/// <summary>
/// What a container is told of the way that a request came: <c>X-Forwarded-For</c> and its kin (<c>dovetail.forwarded</c>).
/// </summary>
internal enum ForwardedMode
{
    /// <summary>The peer's address, the host and the scheme, whatever the peer says.</summary>
    Set,

    /// <summary>Nothing.</summary>
    Off,

    /// <summary>
    /// What a proxy in front says, when it is one of <c>dovetail.forwarded.from</c>, and its address; for all others as set.
    /// </summary>
    Trust,
}

/// <summary>What a container's HEALTHCHECK means for its requests (<c>dovetail.health</c>).</summary>
internal enum HealthMode
{
    /// <summary>A container that is <c>starting</c> or <c>unhealthy</c> gets no new request while another upstream is better.</summary>
    Wait,

    /// <summary>The HEALTHCHECK is not looked at.</summary>
    Ignore,
}
