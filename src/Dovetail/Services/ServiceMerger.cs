using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Files;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>A container that asks for a service's name.</summary>
internal sealed record ServiceClaim(Container Container, ServiceDeclaration Service)
{
    /// <summary>What asks for it in a services file, where the container's labels do not.</summary>
    public FileService? Entry { get; init; }

    /// <summary>The container does not run, and a request may start it.</summary>
    public bool IsAsleep { get; init; }
}

/// <summary>
/// Makes one service of all the containers that ask for its name: replicas serve together, others are refused until the container that was
/// created first is gone.
/// </summary>
internal static class ServiceMerger
{
    /// <param name="claims">One name, at least one container; in the order in which they have a right to it.</param>
    public static ServiceSpec Merge(
        IReadOnlyList<ServiceClaim> claims,
        ContainerSnapshot snapshot,
        ServiceOptions defaults,
        List<RejectedContainer> rejected,
        List<ContainerWarning> warnings)
    {
        var first = claims[0];
        var upstreams = new List<Upstream>();
        var unreachable = new List<UnreachableContainer>();
        var notRunning = new List<ContainerNotRunning>();
        var sleeping = new List<SleepingContainer>();
        var accepted = new List<ServiceClaim>();
        var isNamed = false;
        ServiceClaim? rival = null;
        foreach (var claim in claims)
        {
            if ((Refusal(first, claim, defaults) ?? Repeated(claims, claim)) is { } reason)
            {
                rejected.Add(new RejectedContainer(claim.Entry?.Origin ?? claim.Container.Title, first.Service.Name, reason));
                rival ??= claim.IsAsleep || claim.Container.Id == first.Container.Id ? null : claim;
                continue;
            }

            if (claim.Entry is { Containers.IsEmpty: true } named)
            {
                upstreams.AddRange(FileUpstreams.Of(named));
                isNamed = true;
                continue;
            }

            accepted.Add(claim);
            if (Difference(first, claim) is { } text)
            {
                warnings.Add(new ContainerWarning(claim.Entry?.Origin ?? claim.Container.Title, first.Service.Name, text));
            }

            if (claim.Container.State == ContainerState.Running)
            {
                Resolve(first.Service, claim, snapshot, upstreams, unreachable);
            }
            else if (claim.IsAsleep)
            {
                sleeping.Add(new SleepingContainer(claim.Container.Id, claim.Container.Title));
            }
            else
            {
                notRunning.Add(NotRunning(claim.Container));
            }
        }

        return new ServiceSpec(first.Service)
        {
            Sleep = isNamed ? null : SleepOf(accepted, rival, warnings),
            Sleeping = sleeping.ToEquatableArray(),
            Name = first.Service.Name,
            Origin = first.Entry?.Origin,
            Http = first.Service.Port is not null,
            TcpPorts = first.Service.Tcp.Select(static forward => forward.NodePort).ToEquatableArray(),
            Upstreams = upstreams.ToEquatableArray(),
            Unreachable = unreachable.ToEquatableArray(),
            NotRunning = notRunning.ToEquatableArray(),
        };
    }

    /// <summary>What is to be said of a container that does not run.</summary>
    public static ContainerNotRunning NotRunning(Container container) => new(
        container.Title,
        container.State switch
        {
            ContainerState.Paused => NotRunningState.Paused,
            ContainerState.Restarting => NotRunningState.Restarting,
            ContainerState.Dead => NotRunningState.Dead,
            _ => NotRunningState.Ended,
        },
        container.State == ContainerState.Paused ? 0 : container.ExitCode,
        container.State != ContainerState.Paused && container.IsOutOfMemory);

    private static string? Difference(ServiceClaim first, ServiceClaim claim)
    {
        var settings = claim == first ? "" : string.Join(", ", ServiceLabels.Differing(first.Service, claim.Service));
        var older = first.Container.Title;
        return settings.Length == 0 ? null
            : first.Entry is { } entry
                ? $"differs from {entry.Origin} in {settings}; the services file comes before labels, so its settings rule"
                : $"differs from container {older} in {settings}; {older} was created first, so its settings rule";
    }

    // Stopping some and leaving others would take capacity from a service that nobody said it of.
    private static TimeSpan? SleepOf(List<ServiceClaim> claims, ServiceClaim? rival, List<ContainerWarning> warnings)
    {
        if (rival is not null && claims.Find(static claim => claim.Service.Sleep is not null) is { } contested)
        {
            var why = $"does not sleep, for container {rival.Container.Title} wants its name and would take it";
            warnings.Add(new ContainerWarning(contested.Container.Title, contested.Service.Name, why));
            return null;
        }

        var (first, awake) = (claims[0].Service.Sleep, claims.Find(static claim => claim.Service.Sleep is null));
        if (awake is null || claims.Find(static claim => claim.Service.Sleep is not null) is not { } sleepy)
        {
            return awake is null ? first : null;
        }

        var text = $"does not sleep, for container {awake.Container.Title} serves with it and has no such label";
        warnings.Add(new ContainerWarning(sleepy.Container.Title, sleepy.Service.Name, text));
        return null;
    }

    private static string? Refusal(ServiceClaim first, ServiceClaim claim, ServiceOptions defaults)
    {
        if (claim == first)
        {
            return null;
        }

        if (!ReplicaGroup.MayShare(first, claim))
        {
            var label = $"{Printable.Text(defaults.LabelPrefix)}.{ServiceLabels.LoadBalance}";
            var right = first.Entry is null ? $"container {first.Container.Title}, which was created first"
                : claim.Entry is null ? $"{first.Entry.Origin}, and a services file comes before labels"
                : $"{first.Entry.Origin}, which comes first";
            return $"the name {first.Service.Name} belongs to {right}: "
                + (claim.Entry is null
                    ? $"give this container another name, or set {label}=true on both to share the requests"
                    : "give this service another name");
        }

        return first.Service.Port is not null && claim.Service.Port is null
            ? $"the service serves HTTP, as container {first.Container.Title} declares, but this container names no HTTP port"
            : null;
    }

    // A container that the file names, and whose labels want the same name.
    private static string? Repeated(IReadOnlyList<ServiceClaim> claims, ServiceClaim claim) =>
        claim.Entry is null && claims.Any(other => other.Entry is not null && other.Container.Id == claim.Container.Id)
            ? $"this container serves {claim.Service.Name} already, as {claims[0].Entry?.Origin} says: remove its labels or that entry"
            : null;

    private static void Resolve(
        ServiceDeclaration first,
        ServiceClaim claim,
        ContainerSnapshot snapshot,
        List<Upstream> upstreams,
        List<UnreachableContainer> unreachable)
    {
        var (container, service) = claim;
        var missing = new List<UpstreamRoute>();
        var tcp = new List<TcpUpstream>();
        UpstreamRoute? main = null;
        if (first.Port is not null && service.Port is { } port)
        {
            main = UpstreamResolver.Resolve(container, port, service.Network, snapshot);
            if (main.Host is null)
            {
                unreachable.Add(new UnreachableContainer(container.Title, main.Text, main.Fix));
                return;
            }
        }

        foreach (var forward in service.Tcp.Where(forward => first.Tcp.Any(wanted => wanted.NodePort == forward.NodePort)))
        {
            var route = UpstreamResolver.Resolve(container, forward.ContainerPort, service.Network, snapshot);
            if (route.Host is null)
            {
                missing.Add(route);
                continue;
            }

            tcp.Add(new TcpUpstream(forward.NodePort, route.Host, route.Port, route.SecondHost));
            main ??= route;
        }

        if (missing.Count > 0)
        {
            var reasons = missing.Select(static route => route.Text).Distinct(StringComparer.Ordinal);
            unreachable.Add(new UnreachableContainer(container.Title, string.Join("; ", reasons), missing[0].Fix));
        }

        if (main is { Host: { } host })
        {
            upstreams.Add(new Upstream
            {
                ContainerId = container.Id,
                ContainerName = container.Title,
                Scheme = service.Scheme,
                Host = host,
                SecondHost = main.SecondHost,
                Port = main.Port,
                Health = container.IsStopping ? UpstreamHealth.Stopping : Health(container.Health),
                Route = main.Text,
                Source = main.Source,
                IsByHost = main.IsByHost,
                MeantPort = service.Port is { } named ? ServicePorts.Meant(container, named) : null,
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
