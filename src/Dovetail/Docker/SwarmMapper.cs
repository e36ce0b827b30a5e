using System.Net;
using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>Makes <see cref="Container"/>s of what a swarm's manager answers. What is missing or odd is left out; nothing throws.</summary>
internal static class SwarmMapper
{
    /// <summary>A task on another node: what the Engine there knows of its container, less what only that one knows.</summary>
    public static Container From(TaskResponse task, SwarmService service)
    {
        var container = task.Status?.ContainerStatus?.ContainerID is { Length: > 0 } id ? id : task.ID;
        var slot = task.Slot is > 0 ? $"{task.Slot}" : task.NodeID;
        return Complete(
            new Container
            {
                Id = container,
                Name = $"{NameOf(service)}.{slot}.{task.ID}",
                Created = ContainerMapper.Utc(task.CreatedAt ?? default),
                State = task.Status?.State is null ? ContainerState.Restarting : ContainerState.Running,
                Labels = ContainerMapper.Labels(task.Spec?.ContainerSpec?.Labels),
                Networks = Attachments(task).ToEquatableArray(),
            },
            service);
    }

    /// <summary>A service as one container, at the address by which it shares requests among its tasks itself.</summary>
    public static Container VirtualIp(SwarmService service) => Complete(
        new Container
        {
            Id = service.ID,
            Name = NameOf(service),
            Created = ContainerMapper.Utc(service.CreatedAt ?? default),
            State = ContainerState.Running,
            Networks = (service.Endpoint?.VirtualIPs ?? [])
                .Where(static ip => ip is { NetworkID.Length: > 0, Addr.Length: > 0 })
                .Select(static ip => At(new ContainerNetwork { Name = "", Id = ip.NetworkID ?? "" }, [ip.Addr]))
                .ToEquatableArray(),
        },
        service);

    /// <summary>
    /// Adds to a task's container what its service says: labels that it does not have itself, and ports that the swarm publishes on all
    /// nodes, which no node's own answer shows.
    /// </summary>
    public static Container Complete(Container container, SwarmService service)
    {
        var own = container.Labels.Select(static label => label.Key).ToHashSet(StringComparer.Ordinal);
        var labels = new Dictionary<string, string>(service.Spec?.Labels ?? new Dictionary<string, string>(), StringComparer.Ordinal)
        {
            [WellKnownLabels.SwarmServiceId] = service.ID,
            [WellKnownLabels.SwarmServiceName] = NameOf(service),
        };
        var ports = (service.Endpoint?.Ports ?? [])
            .Where(static port => port is { Protocol: "tcp", PublishMode: "ingress", TargetPort: > 0, PublishedPort: > 0 })
            .Select(static port => new PublishedPort((int)port.TargetPort!, "", (int)port.PublishedPort!))
            .ToList();
        return container with
        {
            Labels = container.Labels
                .Concat(ContainerMapper.Labels(labels).Where(label => !own.Contains(label.Key)))
                .OrderBy(static label => label.Key, StringComparer.Ordinal)
                .ToEquatableArray(),
            ExposedTcpPorts = container.ExposedTcpPorts.Concat(ports.Select(static port => port.ContainerPort)).Distinct().Order()
                .ToEquatableArray(),
            PublishedTcpPorts = ContainerMapper.Sorted(container.PublishedTcpPorts.Concat(ports)),
        };
    }

    // A bridge reaches no further than its own node.
    private static IEnumerable<ContainerNetwork> Attachments(TaskResponse task) =>
        from attachment in task.NetworksAttachments ?? []
        let attached = attachment?.Network
        where attached is { ID.Length: > 0, DriverState.Name: not "bridge" }
        let network = new ContainerNetwork
        {
            Name = attached.Spec?.Name ?? "",
            Id = attached.ID,
            Driver = attached.DriverState?.Name,
            IsIngress = attached.Spec?.Ingress == true,
        }
        orderby network.Name
        select At(network, attachment.Addresses ?? []);

    private static string NameOf(SwarmService service) => service.Spec?.Name ?? service.ID;

    // Each with the length of its prefix: 10.0.1.7/24.
    private static ContainerNetwork At(ContainerNetwork network, IEnumerable<string?> addresses)
    {
        foreach (var text in addresses)
        {
            if (IPAddress.TryParse(text?.Split('/')[0], out var address))
            {
                network = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork
                    ? network with { IPv4 = network.IPv4 ?? address.ToString() }
                    : network with { IPv6 = network.IPv6 ?? address.ToString() };
            }
        }

        return network;
    }
}
