using System.Globalization;
using Dovetail.Services.Files;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>The addresses that a services file names, as upstreams.</summary>
internal static class FileUpstreams
{
    /// <param name="service">Names addresses, no containers.</param>
    public static IEnumerable<Upstream> Of(FileService service)
    {
        if (service.Upstreams.Count > 0)
        {
            // All raw TCP goes with the first one: it is chosen by its port on the tailnet alone.
            return service.Upstreams.Select((upstream, place) =>
                Upstream(service, upstream.Scheme, upstream.Host, upstream.Port) with { Tcp = place == 0 ? service.Tcp : [] });
        }

        return service.Tcp.Count == 0 ? []
            : [Upstream(service, UpstreamScheme.Http, service.Tcp[0].Host, service.Tcp[0].Port) with { Tcp = service.Tcp }];
    }

    private static Upstream Upstream(FileService service, UpstreamScheme scheme, string host, int port)
    {
        var authority = string.Create(
            CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
        return new Upstream
        {
            ContainerId = authority,
            ContainerName = authority,
            IsContainer = false,
            Scheme = scheme,
            Host = host,
            Port = port,
            Route = $"named in {service.Origin}",
        };
    }
}
