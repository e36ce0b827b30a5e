using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Compose;

/// <summary>Reads <c>ports:</c> and <c>expose:</c> of a Compose service, in the short and the long form; TCP only.</summary>
internal static class ComposePorts
{
    private const int MaxRange = 1000;

    /// <returns>Ports of the container that are exposed or published, ascending.</returns>
    public static EquatableArray<int> Exposed(ComposeNode service) =>
        (service["expose"]?.Items ?? []).SelectMany(item => Range(TcpOnly(item.Text)))
        .Concat((service["ports"]?.Items ?? []).SelectMany(Targets))
        .Distinct()
        .Order()
        .ToEquatableArray();

    /// <returns>Those that are published at a fixed port of the host.</returns>
    public static EquatableArray<PublishedPort> Published(ComposeNode service) => (
        // Of several files the same one may come twice.
        from published in (service["ports"]?.Items ?? []).SelectMany(PublishedBy).Distinct()
        orderby published.ContainerPort, published.HostPort
        select published).ToEquatableArray();

    private static IEnumerable<int> Targets(ComposeNode item) =>
        Range(item.IsMapping ? IsTcp(item["protocol"]?.Text) ? item["target"]?.Text : null : Short(item.Text).Target);

    private static IEnumerable<PublishedPort> PublishedBy(ComposeNode item)
    {
        var (ip, host, target) = item.IsMapping
            ? (item["host_ip"]?.Text ?? "", item["published"]?.Text, IsTcp(item["protocol"]?.Text) ? item["target"]?.Text : null)
            : Short(item.Text);
        return Range(host).Zip(Range(target), (hostPort, port) => new PublishedPort(port, ip, hostPort));
    }

    // [[IP:]HOST:]CONTAINER[/PROTOCOL]
    private static (string Ip, string? Host, string? Target) Short(string? text)
    {
        if (TcpOnly(text) is not { } plain)
        {
            return ("", null, null);
        }

        var last = plain.LastIndexOf(':');
        if (last < 0)
        {
            return ("", null, plain);
        }

        var (before, target) = (plain[..last], plain[(last + 1)..]);
        var middle = before.LastIndexOf(':');
        return middle < 0 ? ("", before, target) : (before[..middle].Trim('[', ']'), before[(middle + 1)..], target);
    }

    private static string? TcpOnly(string? text) => text?.Split('/', 2) is [var port, .. var protocol]
        && IsTcp(protocol.FirstOrDefault()) ? port : null;

    private static bool IsTcp(string? protocol) => protocol is null || protocol.Equals("tcp", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<int> Range(string? text)
    {
        if (text?.Split('-', 2) is not [var first, .. var rest] || !PortSyntax.TryParse(first, out var from))
        {
            return [];
        }

        var to = from;
        return rest.Length == 1 && (!PortSyntax.TryParse(rest[0], out to) || to < from)
            ? []
            : Enumerable.Range(from, Math.Min(to - from + 1, MaxRange));
    }
}
