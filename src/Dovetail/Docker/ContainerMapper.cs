using System.Globalization;
using System.Net;
using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Makes <see cref="Container"/>s of what the Engine answers. What is missing or odd in an answer is left out; nothing throws.
/// </summary>
internal static class ContainerMapper
{
    private const string Stopping = "stopping";

    /// <summary>From the details. Null when the answer names no container.</summary>
    public static Container? From(ContainerInspectResponse details) => details.ID is { Length: > 0 } id
        ? new Container
        {
            Id = id,
            Name = PlainName(details.Name, id),
            Created = Utc(details.Created),
            State = State(details.State?.Status),
            StartedAt = Time(details.State?.StartedAt),
            FinishedAt = State(details.State?.Status) == ContainerState.Exited ? Time(details.State?.FinishedAt) : default,
            ExitCode = (int)(details.State?.ExitCode ?? 0),
            IsOutOfMemory = details.State?.OOMKilled == true,
            IsStopping = details.State?.Status == Stopping,
            Health = Health(details.State?.Health?.Status),
            StopSignal = StopSignal.Parse(details.Config?.StopSignal) ?? StopSignal.Terminate,
            StopTimeout = details.Config?.StopTimeout is { } wait && wait >= TimeSpan.Zero ? wait : Container.DefaultStopTimeout,
            Labels = Labels(details.Config?.Labels),
            NetworkMode = Mode(details.HostConfig?.NetworkMode),
            Networks = Networks(details.NetworkSettings?.Networks),
            ExposedTcpPorts = Exposed((details.Config?.ExposedPorts?.Keys ?? []).Concat(details.NetworkSettings?.Ports?.Keys ?? [])),
            PublishedTcpPorts = Published(details.NetworkSettings?.Ports),
        }
        : null;

    /// <summary>
    /// From a list entry with an id, for a container whose details cannot be had: the same but for the time of creation (to the second),
    /// how it is stopped, when it started, how it ended, and ports of a container that uses another's network.
    /// </summary>
    public static Container From(ContainerListResponse entry) => new()
    {
        Id = entry.ID,
        // A link shows as a further name, /other/alias.
        Name = PlainName(entry.Names?.FirstOrDefault(name => name?.LastIndexOf('/') <= 0), entry.ID),
        Created = Utc(entry.Created),
        State = State(entry.State),
        IsStopping = entry.State == Stopping,
        Health = HealthOfStatus(entry.Status ?? ""),
        Labels = Labels(entry.Labels),
        NetworkMode = Mode(entry.HostConfig?.NetworkMode),
        Networks = Networks(entry.NetworkSettings?.Networks),
        ExposedTcpPorts = TcpPorts(entry.Ports).Select(port => (int)port.PrivatePort).Distinct().Order().ToEquatableArray(),
        PublishedTcpPorts = Sorted(
            from port in TcpPorts(entry.Ports)
            where port.PublicPort > 0
            select new PublishedPort(port.PrivatePort, port.IP ?? "", port.PublicPort ?? 0)),
    };

    /// <summary>Whether a container in this state, as the Engine names it, is one that Dovetail looks at.</summary>
    public static bool IsAlive(string? state) =>
        State(state) is ContainerState.Running or ContainerState.Restarting or ContainerState.Paused or ContainerState.Unknown;

    private static string Mode(string? text) => text is { Length: > 0 } mode ? mode : "default";

    // Sorted by name.
    private static EquatableArray<ContainerNetwork> Networks(IDictionary<string, EndpointSettings>? networks) =>
        (networks ?? new Dictionary<string, EndpointSettings>())
        .Select(network => new ContainerNetwork
        {
            Name = network.Key,
            Id = network.Value?.NetworkID ?? "",
            IPv4 = Address(network.Value?.IPAddress),
            IPv6 = Address(network.Value?.GlobalIPv6Address),
            Gateway = Address(network.Value?.Gateway),
            IPv6Gateway = Address(network.Value?.IPv6Gateway),
        })
        .OrderBy(network => network.Name, StringComparer.Ordinal)
        .ToEquatableArray();

    private static string PlainName(string? name, string id) =>
        name?.TrimStart('/') is { Length: > 0 } plain ? plain : id[..Math.Min(12, id.Length)];

    /// <summary>Sorted by key.</summary>
    public static EquatableArray<ContainerLabel> Labels(IDictionary<string, string>? labels) =>
        (labels ?? new Dictionary<string, string>())
        .Select(label => new ContainerLabel(label.Key, label.Value ?? ""))
        .OrderBy(label => label.Key, StringComparer.Ordinal)
        .ToEquatableArray();

    private static EquatableArray<int> Exposed(IEnumerable<string> ports) =>
        ports.Select(TcpPort).Where(IsPort).Distinct().Order().ToEquatableArray();

    private static EquatableArray<PublishedPort> Published(IDictionary<string, IList<PortBinding>>? ports) => Sorted(
        from port in ports ?? new Dictionary<string, IList<PortBinding>>()
        let containerPort = TcpPort(port.Key)
        where IsPort(containerPort)
        from binding in port.Value ?? []
        let hostPort = Number(binding?.HostPort)
        where IsPort(hostPort)
        select new PublishedPort(containerPort, binding.HostIP ?? "", hostPort));

    public static EquatableArray<PublishedPort> Sorted(IEnumerable<PublishedPort> ports) => ports
        .Distinct()
        .OrderBy(port => port.ContainerPort)
        .ThenBy(port => port.HostIp, StringComparer.Ordinal)
        .ThenBy(port => port.HostPort)
        .ToEquatableArray();

    // "80/tcp"; without a protocol it is TCP. 0: not one.
    private static int TcpPort(string port)
    {
        var slash = port.IndexOf('/');
        return slash < 0 ? Number(port) : port[slash..].Equals("/tcp", StringComparison.OrdinalIgnoreCase) ? Number(port[..slash]) : 0;
    }

    private static IEnumerable<PortSummary> TcpPorts(IList<PortSummary>? ports) =>
        (ports ?? []).Where(port => port is { PrivatePort: > 0 } && (port.Type ?? "").ToLowerInvariant() is "" or "tcp");

    private static bool IsPort(int port) => port is >= 1 and <= ushort.MaxValue;

    private static int Number(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // Newer Engines answer "invalid IP" or nothing at all where older ones answer "".
    private static string? Address(string? text) => IPAddress.TryParse(text, out var address) ? address.ToString() : null;

    private static ContainerState State(string? text) => text switch
    {
        "created" => ContainerState.Created,
        // Podman's word for one that has been told to stop.
        "running" or Stopping => ContainerState.Running,
        "paused" => ContainerState.Paused,
        "restarting" => ContainerState.Restarting,
        "removing" => ContainerState.Removing,
        "exited" => ContainerState.Exited,
        "dead" => ContainerState.Dead,
        _ => ContainerState.Unknown,
    };

    private static ContainerHealth Health(string? text) => text switch
    {
        "starting" => ContainerHealth.Starting,
        "healthy" => ContainerHealth.Healthy,
        "unhealthy" => ContainerHealth.Unhealthy,
        _ => ContainerHealth.None,
    };

    private static ContainerHealth HealthOfStatus(string status) =>
        status.EndsWith("(health: starting)", StringComparison.Ordinal) ? ContainerHealth.Starting
        : status.EndsWith("(healthy)", StringComparison.Ordinal) ? ContainerHealth.Healthy
        : status.EndsWith("(unhealthy)", StringComparison.Ordinal) ? ContainerHealth.Unhealthy
        : ContainerHealth.None;

    // The Engine writes the year 1 for "never".
    private static DateTimeOffset Time(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1
            ? time.ToUniversalTime()
            : default;

    /// <param name="time">The Engine counts in UTC; what it did not say is the default.</param>
    public static DateTimeOffset Utc(DateTime time) => time == default ? DateTimeOffset.UnixEpoch
        : new DateTimeOffset(time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : DateTime.SpecifyKind(time, DateTimeKind.Utc));
}
