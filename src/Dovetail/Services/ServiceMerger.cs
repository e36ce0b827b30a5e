using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>Makes one service of all the containers that ask for its name: replicas serve together, others are refused (DESIGN §2).</summary>
internal static class ServiceMerger
{
    /// <param name="claims">One name, at least one container; in the order in which they have a right to it.</param>
    public static ServiceSpec Merge(
        IReadOnlyList<ServiceClaim> claims, ContainerSnapshot snapshot, ServiceOptions defaults, List<RejectedContainer> rejected, List<ContainerWarning> warnings)
    {
        var first = claims[0];
        var upstreams = new List<Upstream>();
        var unreachable = new List<UnreachableContainer>();
        foreach (var claim in claims)
        {
            if (Refusal(first, claim, defaults) is { } reason)
            {
                rejected.Add(new RejectedContainer(claim.Container.Name, first.Service.Name, reason));
                continue;
            }

            if (claim != first && Disagreement(first.Service, claim.Service) is { Length: > 0 } settings)
            {
                warnings.Add(new ContainerWarning(
                    claim.Container.Name,
                    first.Service.Name,
                    $"differs from container {first.Container.Name} in {settings}; {first.Container.Name} was created first, so its settings rule"));
            }

            if (claim.Container.State == ContainerState.Running)
            {
                Resolve(first.Service, claim, snapshot, upstreams, unreachable);
            }
        }

        return Spec(first.Service) with { Upstreams = upstreams.ToEquatableArray(), Unreachable = unreachable.ToEquatableArray() };
    }

    private static ServiceSpec Spec(ServiceDeclaration service) => new()
    {
        Name = service.Name,
        Http = service.Port is not null,
        Tags = service.Tags,
        Tls = service.Tls,
        Redirect = service.Redirect,
        Identity = service.Identity,
        Allow = service.Allow,
        Funnel = service.Funnel,
        Hold = service.Hold,
        Health = service.Health,
        Memory = service.Memory,
        TcpPorts = service.Tcp.Select(forward => forward.NodePort).ToEquatableArray(),
    };

    private static string? Refusal(ServiceClaim first, ServiceClaim claim, ServiceOptions defaults)
    {
        if (claim == first)
        {
            return null;
        }

        if (!ReplicaGroup.MayShare(first, claim))
        {
            return $"the name {first.Service.Name} belongs to container {first.Container.Name}, which was created first: give this container another name, "
                + $"or set {Printable.Text(defaults.LabelPrefix)}.{LabelNames.LoadBalance}=true on both to share the requests";
        }

        return first.Service.Port is not null && claim.Service.Port is null
            ? $"the service serves HTTP, as container {first.Container.Name} declares, but this container names no HTTP port"
            : null;
    }

    // How a container is reached (port, scheme, network) is each container's own matter; the rest is the service's.
    private static string Disagreement(ServiceDeclaration first, ServiceDeclaration other)
    {
        (string Setting, bool Same)[] settings =
        [
            (LabelNames.Port, first.Port is null == other.Port is null),
            (LabelNames.Tags, first.Tags == other.Tags),
            (LabelNames.Tls, first.Tls == other.Tls),
            (LabelNames.Redirect, first.Redirect == other.Redirect),
            (LabelNames.Allow, first.Allow == other.Allow),
            (LabelNames.Identity, first.Identity == other.Identity),
            (LabelNames.Funnel, first.Funnel == other.Funnel),
            (LabelNames.Hold, first.Hold == other.Hold),
            (LabelNames.Health, first.Health == other.Health),
            (LabelNames.Memory, first.Memory == other.Memory),
            ("tcp", first.Tcp.Select(forward => forward.NodePort).SequenceEqual(other.Tcp.Select(forward => forward.NodePort))),
        ];
        return string.Join(", ", settings.Where(setting => !setting.Same).Select(setting => setting.Setting));
    }

    private static void Resolve(
        ServiceDeclaration first, ServiceClaim claim, ContainerSnapshot snapshot, List<Upstream> upstreams, List<UnreachableContainer> unreachable)
    {
        var (container, service) = claim;
        var missing = new List<string>();
        var tcp = new List<TcpUpstream>();
        UpstreamRoute? main = null;
        if (first.Port is not null && service.Port is { } port)
        {
            main = UpstreamResolver.Resolve(container, port, service.Network, snapshot);
            if (main.Host is null)
            {
                unreachable.Add(new UnreachableContainer(container.Name, main.Text));
                return;
            }
        }

        foreach (var forward in service.Tcp.Where(forward => first.Tcp.Any(wanted => wanted.NodePort == forward.NodePort)))
        {
            var route = UpstreamResolver.Resolve(container, forward.ContainerPort, service.Network, snapshot);
            if (route.Host is null)
            {
                missing.Add(route.Text);
                continue;
            }

            tcp.Add(new TcpUpstream(forward.NodePort, route.Host, route.Port));
            main ??= route;
        }

        if (missing.Count > 0)
        {
            unreachable.Add(new UnreachableContainer(container.Name, string.Join("; ", missing)));
        }

        if (main is { Host: { } host })
        {
            upstreams.Add(new Upstream
            {
                ContainerId = container.Id,
                ContainerName = container.Name,
                Scheme = service.Scheme,
                Host = host,
                Port = main.Port,
                Health = container.IsStopping ? UpstreamHealth.Stopping : Health(container.Health),
                Route = main.Text,
                Tcp = tcp.ToEquatableArray(),
            });
        }
    }

    private static UpstreamHealth Health(ContainerHealth health) => health switch
    {
        ContainerHealth.Starting => UpstreamHealth.Starting,
        ContainerHealth.Healthy => UpstreamHealth.Healthy,
        ContainerHealth.Unhealthy => UpstreamHealth.Unhealthy,
        _ => UpstreamHealth.None,
    };
}
