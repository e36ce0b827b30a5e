using System.Net;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Services;

/// <summary>How Dovetail reaches one port of one container, or why it cannot.</summary>
/// <param name="Host">IP address (IPv6 without brackets) or host name; null: it cannot.</param>
/// <param name="Port">Port at <paramref name="Host"/>.</param>
/// <param name="Text">Which rule of <see cref="UpstreamResolver"/> chose this; without a host, what is missing and what to add.</param>
/// <param name="SecondHost">Another address of the container, for when <paramref name="Host"/> refuses; null: there is none.</param>
/// <param name="IsByHost">Whether the way leads through the host, whose firewall sees it.</param>
/// <param name="Fix">Without a host, what to do, when <paramref name="Text"/> does not say it.</param>
/// <param name="Source">From which address the container sees connections to <paramref name="Host"/>; null: not known.</param>
internal sealed record UpstreamRoute(
    string? Host, int Port, string Text, string? SecondHost = null, bool IsByHost = false, string? Fix = null, string? Source = null);

/// <summary>Finds the address under which Dovetail reaches a port of a container, by the first of these rules that applies.</summary>
/// <remarks>
/// 1. The network that <c>dovetail.network</c> names. 2. 127.0.0.1 in a network namespace that Dovetail has joined, else
/// a network that both are on; user-defined before <c>bridge</c>, bridges before macvlan and ipvlan, a swarm's ingress last, then by name.
/// 3. With <c>network_mode: container:X</c>, the networks of X by the same rules. 4. With <c>network_mode: host</c>, the host.
/// 5. A port that is published on the host. 6. With Dovetail on the host, the container's address on a bridge network, the only ones that
/// the host itself is on; none is with a rootless Engine. 7. None: the text says what to add. With Dovetail in a
/// container of another Engine on the same machine, 4, 5 and 7 are all there is.
/// </remarks>
internal static class UpstreamResolver
{
    private const string DefaultBridge = "bridge";

    // Podman's name for the same.
    private const string DefaultPodmanBridge = "podman";

    /// <param name="container">The container that serves.</param>
    /// <param name="port">Its port, 1–65535.</param>
    /// <param name="network">What <c>dovetail.network</c> names; null: nothing.</param>
    public static UpstreamRoute Resolve(Container container, int port, string? network, ContainerSnapshot snapshot)
    {
        // Rule 3: whoever owns the network namespace decides, by the same rules.
        if (NetworkOwner.Of(container, snapshot) is var joined && joined.Container is not { } owner)
        {
            return new UpstreamRoute(null, port, joined.Problem, Fix: joined.Fix);
        }

        var route = ResolveOwner(container, owner, port, network, snapshot.OwnOf(container));
        return owner == container ? route : route with { Text = $"through container {owner.Title}: {route.Text}" };
    }

    private static UpstreamRoute ResolveOwner(Container container, Container owner, int port, string? network, OwnLocation host)
    {
        // Beside its Engine, only what is published or in the host's network is reached.
        if (host.Location == DovetailLocation.BesideEngine)
        {
            return ByHost(container, owner, port, host);
        }

        // Rule 1; a container in the host's network has no address on the network "host", so that name means rule 4.
        if (network is not null && !(network == "host" && owner.UsesHostNetwork))
        {
            return Named(container, owner, port, network, host);
        }

        if (host.NetworkContainerId == owner.Id)
        {
            return new UpstreamRoute("127.0.0.1", port, "the network namespace that Dovetail runs in", Source: "127.0.0.1");
        }

        // Rule 2.
        if (Attached(owner).FirstOrDefault(theirs => host.Networks.Any(ours => ours.IsSameAs(theirs))) is { } shared)
        {
            return new UpstreamRoute(
                shared.Address, port, $"network {shared.Name}, shared with Dovetail", shared.SecondAddress, Source: SourceOn(shared, host));
        }

        return ByHost(container, owner, port, host);
    }

    private static UpstreamRoute ByHost(Container container, Container owner, int port, OwnLocation host)
    {
        // Rule 4.
        if (owner.UsesHostNetwork)
        {
            return host.IsInHostNetwork ? new UpstreamRoute("127.0.0.1", port, "host network", Source: "127.0.0.1")
                : (host.Gateway ?? host.IPv6Gateway) is { } gateway
                    ? new UpstreamRoute(
                        gateway,
                        port,
                        $"host network, by way of the host's address {gateway}",
                        IsByHost: true,
                        Source: SourceTowardsHost(gateway, host))
                    : NoRoute(container, owner, port, host);
        }

        // Rule 5.
        if (Published(owner, port, host) is { } published)
        {
            return published;
        }

        // Rule 6.
        return host is { IsInHostNetwork: true, IsRootless: false }
            && Attached(owner).FirstOrDefault(static network => network.IsOnHost) is { } direct
            ? new UpstreamRoute(
                direct.Address, port, $"network {direct.Name}, from the host", direct.SecondAddress, Source: SourceOn(direct, host))
            : NoRoute(container, owner, port, host);
    }

    private static UpstreamRoute Named(Container container, Container owner, int port, string network, OwnLocation host)
    {
        // Compose puts its project's name before the names of the networks it makes.
        var full = container.Label(WellKnownLabels.ComposeProject) is { } project ? $"{project}_{network}" : network;
        var named = owner.Networks.FirstOrDefault(candidate => candidate.Name == network)
            ?? owner.Networks.FirstOrDefault(candidate => candidate.Name == full);
        if (named?.Address is not { } address)
        {
            var reason = $"the network label names {network}, but container {owner.Title} is on {List(owner.Networks)}: "
                + $"attach it to {network}, or name another network";
            return new UpstreamRoute(null, port, reason);
        }

        if (host.IsRootless)
        {
            return NoRoute(container, owner, port, host);
        }

        // Sent to an address of an overlay, requests with their identity headers would leave the host by its default route.
        if (host.IsInHostNetwork && named is { IsOnHost: false, IsOnCard: false })
        {
            var reason = $"the network label names {network} ({named.Driver}), which the host is not on: "
                + $"run Dovetail in a container on {named.Name}";
            return new UpstreamRoute(null, port, reason);
        }

        var isForeign = host.Location == DovetailLocation.Container && !host.Networks.Any(ours => ours.IsSameAs(named));
        var warning = isForeign ? $"; Dovetail is not on it (it is on {List(host.Networks)}), so requests may not get through"
            : host.IsInHostNetwork && named.IsOnCard ? $"; the host reaches no container over its own {named.Driver}, unless it has an "
                + "interface there"
            : "";
        return new UpstreamRoute(
            address, port, $"network {named.Name}, named by the label{warning}", named.SecondAddress, Source: SourceOn(named, host));
    }

    // On a network of both Dovetail's own address; from the host that of its bridge, which is the network's gateway. Where a connection
    // is translated on its way (published ports, networks that lead to each other) nobody knows beforehand.
    private static string? SourceOn(ContainerNetwork network, OwnLocation host)
    {
        if (host.IsInHostNetwork)
        {
            return network is { IsOnHost: true } && !host.IsRootless ? network.IPv4 is null ? network.IPv6Gateway : network.Gateway : null;
        }

        var own = host.Networks.FirstOrDefault(ours => ours.IsSameAs(network));
        return network.IPv4 is null ? own?.IPv6 : own?.IPv4;
    }

    private static string? SourceTowardsHost(string gateway, OwnLocation host) =>
        host.Networks.FirstOrDefault(ours => ours.IsOnHost && ours.Gateway == gateway)?.IPv4
        ?? host.Networks.FirstOrDefault(ours => ours.IsOnHost && ours.IPv6Gateway == gateway)?.IPv6;

    private static UpstreamRoute? Published(Container owner, int port, OwnLocation host)
    {
        var best = owner.PublishedTcpPorts
            .Where(candidate => candidate.ContainerPort == port)
            .Select(candidate => (candidate.HostPort, Candidate: Reach(candidate.HostIp, host)))
            .Where(candidate => candidate.Candidate.Address is not null)
            .OrderBy(candidate => candidate.Candidate.Rank)
            .ThenBy(candidate => candidate.HostPort)
            .FirstOrDefault();
        if (best.Candidate.Address is not { } address)
        {
            return null;
        }

        // What comes over the host's loopback interface, the Engine takes to the container from the host's address there.
        var isLocal = host.IsInHostNetwork && address == host.Gateway;
        var source = isLocal && Attached(owner).ToList() is [var only] ? SourceOn(only, host) : null;
        return new UpstreamRoute(address, best.HostPort, $"port {best.HostPort}, published on the host", IsByHost: true, Source: source);
    }

#pragma warning disable RS0030 // Compared with, not listened on.
    // The address at which Dovetail reaches a port that is bound to this address of the host; the lowest rank is the best.
    private static (string? Address, int Rank) Reach(string hostIp, OwnLocation host)
    {
        if (hostIp.Length == 0 || !IPAddress.TryParse(hostIp, out var bound) || bound.Equals(IPAddress.Any))
        {
            return (host.Gateway, 0);
        }

        if (bound.Equals(IPAddress.IPv6Any))
        {
            return (host.IPv6Gateway, 3);
        }

        return IPAddress.IsLoopback(bound) ? (host.IsInHostNetwork ? hostIp : null, 2) : (hostIp, 1);
    }
#pragma warning restore RS0030

    // Networks with an address, user-defined before the default bridge (where containers have no names), then by name. Over macvlan and
    // ipvlan the host is out of reach, and sometimes other containers too; ingress is for what comes in from outside the swarm.
    private static IEnumerable<ContainerNetwork> Attached(Container container) => container.Networks
        .Where(static network => network.Address is not null)
        .OrderBy(static network =>
            network.IsIngress ? 3 : network.IsOnCard ? 2 : network.Name is DefaultBridge or DefaultPodmanBridge ? 1 : 0)
        .ThenBy(static network => network.Name, StringComparer.Ordinal);

    // Rule 7.
    private static UpstreamRoute NoRoute(Container container, Container owner, int port, OwnLocation host)
    {
        var theirs = owner.UsesHostNetwork ? "in the host's network" : $"on {List(owner.Networks)}";
        var onlyLocal = owner.PublishedTcpPorts.FirstOrDefault(candidate => candidate.ContainerPort == port) is { } published
            ? $"; its port {port} is published on {published.HostIp} only, which Dovetail does not reach" : "";
        return new UpstreamRoute(null, port, host.Location switch
        {
            DovetailLocation.Container =>
                $"no way to port {port}: Dovetail (container {host.ContainerName}) is on {List(host.Networks)}, "
                + $"container {owner.Title} is {theirs}{onlyLocal}: "
                + (owner.UsesHostNetwork
                    ? $"attach Dovetail to a bridge network (docker network connect {DefaultBridge} {host.ContainerName})"
                    : $"put both on one network ({Connect(owner, host)}), or publish port {port}"),
            DovetailLocation.OtherMachine =>
                $"no way to port {port}: Dovetail is not on the Docker host, container {owner.Title} is {theirs}{onlyLocal}: "
                + $"publish port {port} on an address that Dovetail reaches",
            DovetailLocation.BesideEngine =>
                $"no way to port {port}: container {owner.Title} is {theirs}{onlyLocal}, of an Engine whose networks Dovetail's container "
                + "is not on: " + (host.Gateway is null && host.IPv6Gateway is null
                    ? "see that its own Engine (DOCKER_HOST) runs, and attach it to a bridge network there, by which it reaches the host"
                    : $"publish port {port} on all addresses of the host, or on {host.Gateway ?? host.IPv6Gateway}"),
            _ => $"no way to port {port}: container {owner.Title} is {theirs}{onlyLocal}{FromHost(container, owner, port, host)}",
        });
    }

    private static string FromHost(Container container, Container owner, int port, OwnLocation host)
    {
        if (host.IsRootless)
        {
            return $", and no network of a rootless Engine is reached from the host: publish port {port} (-p 127.0.0.1::{port})";
        }

        if (Attached(owner).FirstOrDefault() is not { } network)
        {
            return $": attach container {container.Name} to a network, or publish port {port}";
        }

        return network.IsOnCard
            ? $", and the kernel lets the host reach no container over its own {network.Driver}: attach it to a bridge network as well "
                + $"(docker network connect {DefaultBridge} {owner.Name})"
            : $", which the host is not on: run Dovetail in a container on {network.Name}, or publish port {port} on the host";
    }

    private static string Connect(Container owner, OwnLocation host) => Attached(owner).FirstOrDefault() is { } theirs
        ? $"docker network connect {theirs.Name} {host.ContainerName}"
        : host.Networks.Count > 0 ? $"docker network connect {host.Networks[0].Name} {owner.Name}"
        : "docker network create, then docker network connect";

    private static string List(EquatableArray<ContainerNetwork> networks) =>
        networks.Count == 0 ? "no network" : string.Join(", ", networks.Select(Title));

    // The drivers of the networks "none" and "host" say no more than their names.
    private static string Title(ContainerNetwork network) =>
        network.IsOnHost || network.Driver is "null" or "host" ? network.Name : $"{network.Name} ({network.Driver})";
}
