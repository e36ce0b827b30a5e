using System.Globalization;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Files;
using Dovetail.Services.Model;

namespace Dovetail.Checks;

/// <summary>Says what the labels of all containers would give, by the same rules as the daemon.</summary>
internal static class LabelCheck
{
    private const string Tailnet = "TAILNET";

    /// <param name="source">What the containers were read from.</param>
    /// <param name="failures">What went wrong while they were read.</param>
    /// <param name="file">Null: there is no services file.</param>
    public static CheckDocument Of(
        ContainerSnapshot snapshot,
        ServiceOptions options,
        string source,
        IEnumerable<string> failures,
        IEnumerable<string> notes,
        ServicesFile? file = null)
    {
        var desired = DesiredState.From(snapshot, options, file);
        return new CheckDocument
        {
            Source = source,
            SeenFrom = string.Join("; ", snapshot.Further
                .Select(static location => $"for {location.Engine}: {SeenFrom(location.Own)}")
                .Prepend(SeenFrom(snapshot.Own))),
            Services = [.. desired.Services.Where(static service => !service.IsOwn).Select(Checked)],
            Mistakes =
            [
                .. failures.Select(static text => new Mistake(null, null, "Warning", text)),
                .. desired.Rejected.Select(static refusal => new Mistake(refusal.Container, refusal.Service, "Refused", refusal.Reason)),
                .. from service in desired.Services
                   from container in service.Unreachable
                   select new Mistake(container.ContainerName, service.Name, "Unreachable", container.Reason),
                .. desired.Warnings.Select(static warning => new Mistake(warning.Container, warning.Service, "Warning", warning.Text)),
            ],
            Notes = [.. notes],
        };
    }

    private static string SeenFrom(OwnLocation own)
    {
        var networks = own.Networks.Count == 0 ? "no network" : string.Join(", ", own.Networks.Select(static network => network.Name));
        return own.Location switch
        {
            DovetailLocation.Container => $"container {own.ContainerName} on {networks}",
            DovetailLocation.HostNetworkContainer => $"container {own.ContainerName} in the host's network",
            DovetailLocation.BesideEngine => "a container of another Engine on that machine",
            DovetailLocation.OtherMachine => "another machine than the Docker host",
            _ => "the Docker host",
        };
    }

    private static CheckedService Checked(ServiceSpec service)
    {
        var host = $"{service.Name}.{Tailnet}";
        var isHttps = service.Tls != TlsMode.Off;
        return new CheckedService
        {
            Name = service.Name,
            Urls =
            [
                .. service.Http ? [$"{(isHttps ? "https" : "http")}://{host}"] : (string[])[],
                .. service.TcpPorts.Select(port => string.Create(CultureInfo.InvariantCulture, $"tcp://{host}:{port}")),
            ],
            Remark = service is { Http: true, Tls: TlsMode.Auto } ? "http:// where the tailnet issues no certificates" : null,
            Allow = [.. service.Allow.Select(Written)],
            ForwardedFrom = service.Forwarded == ForwardedMode.Trust ? [.. service.ForwardedFrom.Select(Written)] : null,
            Tags = service.Tags,
            Funnel = service.Funnel,
            Upstreams = [.. service.Upstreams.Select(upstream => new CheckedUpstream(
                upstream.IsContainer ? upstream.ContainerName : null, AddressOf(service, upstream), upstream.Route))],
            Asleep = service.Sleeping.Count == 0 ? null : [.. service.Sleeping.Select(static container => container.ContainerName)],
        };
    }

    private static string AddressOf(ServiceSpec service, Upstream upstream) => string.Join(
        ", ",
        (service.Http ? [upstream.Url] : (string[])[]).Concat(upstream.Tcp.Select(static tcp => string.Create(
            CultureInfo.InvariantCulture, $"{tcp.Host}:{tcp.Port} for port {tcp.NodePort}"))));

    private static string Written(AccessRule rule) => rule switch
    {
        AccessRule.Domain => $"*@{rule.Name}",
        AccessRule.Capability => $"cap:{rule.Name}",
        _ => rule.Name,
    };
}
