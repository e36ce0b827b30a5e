using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>What may be a mistake in the labels of a service but refuses nothing. Every text is fit to print.</summary>
internal static class LabelWarnings
{
    // No label; people who come from published ports look for it.
    private const string Udp = "udp";

    public const string WhyNoUdp =
        "a tailscaled in userspace mode passes no UDP to a service; give that container a Tailscale with a network device of its own "
        + "(image tailscale/tailscale, TS_USERSPACE=false), or use the protocol over TCP, where it has that";

    public static bool IsUdp(string name) => name == Udp || name.StartsWith(Udp + ".", StringComparison.Ordinal);

    public static IEnumerable<string> OfUnknown(LabelReader labels)
    {
        foreach (var name in labels.Names.Where(static name => !ServiceLabels.IsKnown(name)).Order(StringComparer.Ordinal))
        {
            if (IsUdp(name))
            {
                yield return $"{labels.Label(name)} has no effect: {WhyNoUdp}";
                continue;
            }

            var hint = ServiceLabels.Nearest(name) is { } nearest ? $"; did you mean {labels.Label(nearest)}?" : "";
            yield return $"{labels.Label(name)} is no label that Dovetail knows{hint}";
        }
    }

    /// <summary>Of labels that would be Dovetail's if their prefix were in the case that is configured.</summary>
    /// <param name="prefix">With its dot.</param>
    public static IEnumerable<string> OfOtherCase(Container container, string prefix)
    {
        foreach (var (key, _) in container.Labels)
        {
            if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && !key.StartsWith(prefix, StringComparison.Ordinal))
            {
                var meant = Printable.Text(prefix + key[prefix.Length..].ToLowerInvariant());
                yield return $"{Printable.Text(key)} has no effect, because of its capitals; did you mean {meant}?";
            }
        }
    }

    /// <summary>Of labels that neither name nor enable a service.</summary>
    public static IEnumerable<string> OfNoService(LabelReader labels)
    {
        // A dependency that sleeps with those that need it has this label alone.
        var without = labels.Names.Where(static name => ServiceLabels.IsKnown(name) && name != ServiceLabels.Sleep);
        if (without.Min(StringComparer.Ordinal) is { } known)
        {
            yield return $"{labels.Label(known)} has no effect: without {labels.Label(ServiceLabels.Name)} or "
                + $"{labels.Label(ServiceLabels.Enable)}=true it belongs to no service";
        }
    }

    /// <summary>Why a container with a label for it is not stopped and started all the same.</summary>
    /// <param name="services">All services of the container.</param>
    public static IEnumerable<string> OfSleep(
        Container container, IReadOnlyCollection<ServiceDeclaration> services, ServiceOptions defaults)
    {
        if (services.All(static service => service.Sleep is null))
        {
            yield break;
        }

        var label = Printable.Text($"{defaults.LabelPrefix}.{ServiceLabels.Sleep}");
        if (!defaults.AllowStart)
        {
            yield return $"{label} has no effect: this daemon does not start and stop containers; start it with DOVETAIL_ALLOW_START=true "
                + "to let it do so";
        }
        else if (container.Label(WellKnownLabels.SwarmServiceId) is not null)
        {
            yield return $"{label} has no effect: a swarm starts another task in the place of one that is stopped";
        }
        else if (services.FirstOrDefault(static service => service.Sleep is null) is { } awake)
        {
            yield return $"{label} has no effect: the container also serves {awake.Name}, which has no such label";
        }
    }

    public static IEnumerable<string> OfSettings(ServiceDeclaration service, LabelReader labels)
    {
        if (service.Port is null && ServicePorts.NotForwarded(labels, service).Count() > 1)
        {
            yield return $"the container exposes several TCP ports ({ServicePorts.List(labels.Container.ExposedTcpPorts)}) and "
                + $"{labels.Label(ServiceLabels.Port)} names none: the service is raw TCP only";
        }

        if (service.Port is { } port && ServicePorts.Meant(labels.Container, port) is { } meant)
        {
            yield return $"{port} is the host's port, the container's is {meant}: set {labels.Label(ServiceLabels.Port)}={meant}";
        }

        if (service.ForwardedFrom.Count > 0 && service.Forwarded != ForwardedMode.Trust)
        {
            yield return $"{labels.Label(ServiceLabels.ForwardedFrom)} has no effect without {labels.Label(ServiceLabels.Forwarded)}=trust";
        }

        if (service.Funnel && service.Allow.Count > 0)
        {
            yield return $"Funnel visitors have no identity, so {labels.Label(ServiceLabels.Allow)} answers 403 to all of them";
        }
    }
}
