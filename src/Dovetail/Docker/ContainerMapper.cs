using System.Globalization;
using System.Net;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Docker.Api;

namespace Dovetail.Docker;

/// <summary>Makes <see cref="Container"/>s of what the Engine answers. What is missing or odd in an answer is left out; nothing throws.</summary>
internal static class ContainerMapper
{
    /// <summary>From the details. Null when the answer names no container.</summary>
    public static Container? From(ContainerInspectResponse details) => details.Id is { Length: > 0 } id
        ? new Container
        {
            Id = id,
            Name = PlainName(details.Name, id),
            Created = Instant(details.Created),
            State = State(details.State?.Status),
            Health = Health(details.State?.Health?.Status),
            StopSignal = StopSignal.Parse(details.Config?.StopSignal) ?? StopSignal.Terminate,
            StopTimeout = details.Config?.StopTimeout is { } seconds and >= 0 ? TimeSpan.FromSeconds(seconds) : Container.DefaultStopTimeout,
            Labels = Labels(details.Config?.Labels),
            NetworkMode = details.HostConfig?.NetworkMode ?? "default",
            Networks = Networks(details.NetworkSettings),
            ExposedTcpPorts = Exposed((details.Config?.ExposedPorts?.Keys ?? []).Concat(details.NetworkSettings?.Ports?.Keys ?? [])),
            PublishedTcpPorts = Published(details.NetworkSettings),
        }
        : null;

    /// <summary>
    /// From a list entry, for a container whose details cannot be had: the same but for the time of creation (to the second) and ports
    /// of a container that uses another's network. Null when the entry names no container.
    /// </summary>
    public static Container? From(ContainerListResponse entry) => entry.Id is { Length: > 0 } id
        ? new Container
        {
            Id = id,
            // A link shows as a further name, /other/alias.
            Name = PlainName(entry.Names?.FirstOrDefault(name => name.LastIndexOf('/') <= 0), id),
            Created = Seconds(entry.Created),
            State = State(entry.State),
            Health = HealthOfStatus(entry.Status ?? ""),
            Labels = Labels(entry.Labels),
            NetworkMode = entry.HostConfig?.NetworkMode ?? "default",
            Networks = Networks(entry.NetworkSettings),
            ExposedTcpPorts = Sorted((entry.Ports ?? []).Where(IsTcp).Select(port => port.PrivatePort)),
            PublishedTcpPorts = Sorted((entry.Ports ?? []).Where(IsTcp).Where(port => IsPort(port.PublicPort))
                .Select(port => new PublishedPort(port.PrivatePort, port.IP ?? "", port.PublicPort))),
        }
        : null;

    /// <summary>Sorted by name.</summary>
    public static EquatableArray<ContainerNetwork> Networks(NetworkSettings? settings) =>
        (settings?.Networks ?? new Dictionary<string, EndpointSettings?>())
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

    private static string PlainName(string? name, string id) => name?.TrimStart('/') is { Length: > 0 } plain ? plain : id[..Math.Min(12, id.Length)];

    private static EquatableArray<ContainerLabel> Labels(IReadOnlyDictionary<string, string?>? labels) =>
        (labels ?? new Dictionary<string, string?>())
        .Select(label => new ContainerLabel(label.Key, label.Value ?? ""))
        .OrderBy(label => label.Key, StringComparer.Ordinal)
        .ToEquatableArray();

    private static EquatableArray<int> Exposed(IEnumerable<string> ports) =>
        ports.Select(TcpPort).Where(IsPort).Distinct().Order().ToEquatableArray();

    private static EquatableArray<PublishedPort> Published(NetworkSettings? settings) => Sorted(
        from port in settings?.Ports ?? new Dictionary<string, IReadOnlyList<PortBinding>?>()
        let containerPort = TcpPort(port.Key)
        where IsPort(containerPort)
        from binding in port.Value ?? []
        let hostPort = Number(binding.HostPort)
        where IsPort(hostPort)
        select new PublishedPort(containerPort, binding.HostIp ?? "", hostPort));

    private static EquatableArray<int> Sorted(IEnumerable<int> ports) => ports.Distinct().Order().ToEquatableArray();

    private static EquatableArray<PublishedPort> Sorted(IEnumerable<PublishedPort> ports) => ports
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

    private static bool IsTcp(Port port) => IsPort(port.PrivatePort) && string.Equals(port.Type ?? "tcp", "tcp", StringComparison.OrdinalIgnoreCase);

    private static bool IsPort(int port) => port is >= 1 and <= ushort.MaxValue;

    private static int Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    // Newer Engines answer "invalid IP" or nothing at all where older ones answer "".
    private static string? Address(string? text) => IPAddress.TryParse(text, out var address) ? address.ToString() : null;

    private static ContainerState State(string? text) => text switch
    {
        "created" => ContainerState.Created,
        "running" => ContainerState.Running,
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

    private static DateTimeOffset Instant(string? text) =>
        DateTimeOffset.TryParse(WithoutNanoseconds(text ?? ""), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var instant)
            ? instant
            : DateTimeOffset.UnixEpoch;

    // .NET counts in 100 ns, and its parser takes no more digits than it can hold.
    private static string WithoutNanoseconds(string text)
    {
        const int MaxDigits = 7;
        var dot = text.IndexOf('.');
        if (dot < 0)
        {
            return text;
        }

        var end = dot + 1;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - dot - 1 <= MaxDigits ? text : string.Concat(text.AsSpan(0, dot + 1 + MaxDigits), text.AsSpan(end));
    }

    private static DateTimeOffset Seconds(long seconds) =>
        seconds is >= 0 and < 253402300800 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.UnixEpoch;
}
