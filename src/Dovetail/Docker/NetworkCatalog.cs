using System.Net;
using Docker.DotNet.Models;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Of which kind each network is: what the Engine says of a container names its networks only. Not safe for concurrent use.
/// </summary>
/// <param name="client">Not owned.</param>
internal sealed class NetworkCatalog(DockerClient client)
{
    private const int SwarmIdLength = 25;

    // By id; by name too, which is what Podman gives for the id. Null: the Engine does not show it. A network's kind never changes.
    private Dictionary<string, NetworkResponse?> _known = new(StringComparer.Ordinal);

    /// <summary>Asks for the networks when one of these is not known yet.</summary>
    /// <returns>Null, or what is wrong and what to do.</returns>
    public async Task<string?> LearnAsync(IEnumerable<ContainerNetwork> networks, CancellationToken cancellationToken)
    {
        var ids = networks.Select(network => network.Id).Where(id => id.Length > 0).ToHashSet(StringComparer.Ordinal);
        if (ids.All(_known.ContainsKey))
        {
            return null;
        }

        var known = new Dictionary<string, NetworkResponse?>(StringComparer.Ordinal);
        try
        {
            foreach (var network in await client.ListNetworksAsync(cancellationToken))
            {
                known[network.Name ?? ""] = network;
                known[network.ID ?? ""] = network;
            }
        }
        catch (DockerException exception) when (exception.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            // A socket proxy that does not show networks; most networks are bridges.
        }
        catch (DockerException exception)
        {
            return $"networks: {exception.Message}";
        }

        foreach (var id in ids)
        {
            known.TryAdd(id, null);
        }

        _known = known;
        return null;
    }

    /// <summary>The network with what is known of its kind.</summary>
    public ContainerNetwork Describe(ContainerNetwork network)
    {
        var known = _known.GetValueOrDefault(network.Id);
        return network with
        {
            Name = network.Name.Length > 0 ? network.Name : known?.Name ?? network.Id,
            Driver = network.Driver ?? known?.Driver ?? (IsOfSwarm(network.Id) ? "overlay" : null),
            IsIngress = network.IsIngress || known?.Ingress == true,
        };
    }

    // Where the networks are not shown: a swarm's ids are shorter than the Engine's own, and its networks overlays unless told otherwise.
    // To take one for a bridge would send requests out of the host by its default route.
    private bool IsOfSwarm(string id) => !client.IsPodman && id.Length == SwarmIdLength && id.All(char.IsAsciiLetterOrDigit);
}
