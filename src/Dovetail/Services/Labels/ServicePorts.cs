using System.Globalization;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Services.Labels;

/// <summary>Reads which ports a service has: <c>dovetail.tcp.N</c>, <c>dovetail.port</c>, or the one that the container exposes.</summary>
internal static class ServicePorts
{
    private const int MaxListed = 10;
    private const string TcpPrefix = ServiceLabels.Tcp + ".";

    public static ServiceDeclaration ReadTcp(LabelReader labels, ServiceDeclaration service)
    {
        var forwards = new SortedDictionary<int, TcpForward>();
        foreach (var name in TcpLabels(labels).Order(StringComparer.Ordinal))
        {
            if (!PortSyntax.TryParse(name[TcpPrefix.Length..], out var nodePort))
            {
                labels.RefuseLabel(name, "after tcp. comes the port on the tailnet, a number from 1 to 65535");
            }
            else if (labels.TryRead<int>(name, LabelSyntax.Port, out var containerPort, PlainForm.OfPort)
                && !forwards.TryAdd(nodePort, new TcpForward(nodePort, containerPort)))
            {
                labels.RefuseLabel(name, $"port {nodePort} on the tailnet is named twice");
            }
        }

        return forwards.Count == 0 ? service : service with { Tcp = forwards.Values.ToEquatableArray() };
    }

    /// <param name="service">With its <see cref="ServiceDeclaration.Tcp"/>.</param>
    public static ServiceDeclaration ReadHttp(LabelReader labels, ServiceDeclaration service)
    {
        if (labels.Has(ServiceLabels.Port))
        {
            // Refused, it is 0: HTTP was asked for, so whatever else stands against HTTP is said too.
            labels.TryRead<int>(ServiceLabels.Port, LabelSyntax.Port, out var port, PlainForm.OfPort);
            return service with { Port = port };
        }

        var exposed = NotForwarded(labels, service).ToArray();
        if (exposed.Length == 1)
        {
            return service with { Port = exposed[0] };
        }

        if (!TcpLabels(labels).Any())
        {
            var label = labels.Label(ServiceLabels.Port);
            labels.Refuse(exposed.Length == 0
                ? $"{label} is missing, and the container exposes no TCP port: set {label}"
                : $"{label} is missing, and the container exposes several TCP ports ({List(exposed)}): set {label} to one of them");
        }

        return service;
    }

    /// <summary>Whether two containers pass raw TCP on the same ports of the node; to which of their own is each one's matter.</summary>
    public static bool AreSameOnTailnet(ServiceDeclaration one, ServiceDeclaration other) =>
        one.Tcp.Select(static forward => forward.NodePort).SequenceEqual(other.Tcp.Select(static forward => forward.NodePort));

    /// <summary>The container's exposed TCP ports less those that go out as raw TCP.</summary>
    public static IEnumerable<int> NotForwarded(LabelReader labels, ServiceDeclaration service) =>
        labels.Container.ExposedTcpPorts.Where(port => service.Tcp.All(forward => forward.ContainerPort != port));

    /// <summary>The container's port that is published on the host as <paramref name="port"/>, which the container itself does not have.</summary>
    /// <returns>Null: the container may well have the port, or none is published so.</returns>
    public static int? Meant(Container container, int port) => container.ExposedTcpPorts.Contains(port)
        ? null
        : container.PublishedTcpPorts.FirstOrDefault(published => published.HostPort == port)?.ContainerPort;

    /// <summary>The first few ports, fit to print.</summary>
    public static string List(IReadOnlyList<int> ports) =>
        string.Join(", ", ports.Take(MaxListed).Select(static port => port.ToString(CultureInfo.InvariantCulture)))
        + (ports.Count > MaxListed ? ", …" : "");

    private static IEnumerable<string> TcpLabels(LabelReader labels) =>
        labels.Names.Where(static name => name.StartsWith(TcpPrefix, StringComparison.Ordinal));
}
