using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Finds out where Dovetail runs, by asking the Engine about Dovetail's own container: it decides by which address a container is
/// reached. Not safe for concurrent use.
/// </summary>
/// <param name="client">Not owned.</param>
/// <param name="networks">Knows which networks are bridges.</param>
/// <param name="container">
/// What <c>DOVETAIL_CONTAINER</c> says: id or name of Dovetail's container, <c>none</c>, or null to find out.
/// </param>
/// <param name="hints">
/// Ids that the container may have, used when <paramref name="container"/> is null or names none; see <see cref="SelfHints"/>.
/// </param>
internal sealed class SelfLocator(DockerClient client, NetworkCatalog networks, string? container, IReadOnlyList<string> hints)
{
    private const int MaxJoins = 4;

    private OwnLocation? _last;
    private bool? _isThisMachine;
    private bool? _isRootless;

    /// <summary>What the kernel shows of this process.</summary>
    public static IReadOnlyList<string> ReadHints() =>
        SelfHints.From(Environment.MachineName, ReadOrEmpty("/proc/self/cgroup"), ReadOrEmpty("/proc/self/mountinfo"));

    /// <summary>Whether <c>DOVETAIL_CONTAINER</c> says that Dovetail runs in no container.</summary>
    public static bool IsInNone(string? container) => string.Equals(container, "none", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether Dovetail may run in a container, for all that is known without an Engine.</summary>
    public static bool MayBeInContainer(DockerWatcherOptions options) => !IsInNone(options.Container) && ReadHints().Count > 0;

    /// <summary>Where Dovetail runs; when the Engine does not answer, what was found last.</summary>
    /// <returns>The problem is null, or what is wrong and what to do.</returns>
    /// <exception cref="DockerException">The Engine does not answer, and nothing was found before.</exception>
    public async Task<(OwnLocation Own, string? Problem)> LocateAsync(CancellationToken cancellationToken)
    {
        try
        {
            var (self, problem) = await FindSelfAsync(cancellationToken);
            _last = self is null
                ? await OutsideAsync(cancellationToken)
                : await InsideAsync(self, cancellationToken);
            _last = _last with { IsRootless = _last.IsInHostNetwork && await IsRootlessAsync(cancellationToken) };
            return (_last, problem);
        }
        catch (DockerException exception) when (_last is not null)
        {
            return (_last, $"Dovetail's own container: {exception.Message}");
        }
    }

    private async Task<OwnLocation> OutsideAsync(CancellationToken cancellationToken)
    {
        var host = client.Endpoint.Host;
        return client.Endpoint.SocketPath is not null || await IsThisMachineAsync(host, cancellationToken)
            ? OwnLocation.OnHost
            : new OwnLocation { Location = DovetailLocation.OtherMachine, Gateway = host, IPv6Gateway = host };
    }

    private async Task<OwnLocation> InsideAsync(Container self, CancellationToken cancellationToken)
    {
        var owner = self;
        for (var joins = 0; joins < MaxJoins && owner.NetworkContainer is { } next; joins++)
        {
            owner = await InspectAsync(next, cancellationToken) ?? owner with { NetworkMode = "none" };
        }

        return owner.UsesHostNetwork
            ? OwnLocation.OnHost with { Location = DovetailLocation.HostNetworkContainer, ContainerName = self.Name }
            : await WithNetworksAsync(
                new OwnLocation
                {
                    Location = DovetailLocation.Container,
                    ContainerName = self.Name,
                    NetworkContainerId = owner.Id,
                    Networks = owner.Networks,
                },
                cancellationToken);
    }

    private async Task<(Container? Self, string? Problem)> FindSelfAsync(CancellationToken cancellationToken)
    {
        if (IsInNone(container))
        {
            return (null, null);
        }

        string? problem = null;
        if (container is not null)
        {
            if (await InspectAsync(container, cancellationToken) is { } named)
            {
                return (named, null);
            }

            problem = $"DOVETAIL_CONTAINER={Printable.Text(container)} names no container of this Docker Engine: "
                + "set it to the name of Dovetail's own container, to none when it runs in none, or leave it out.";
        }

        foreach (var id in hints)
        {
            if (await InspectAsync(id, cancellationToken) is { } found && found.Id.StartsWith(id, StringComparison.Ordinal))
            {
                return (found, problem);
            }
        }

        return (null, problem);
    }

    private async Task<Container?> InspectAsync(string idOrName, CancellationToken cancellationToken) =>
        await client.InspectContainerAsync(idOrName, cancellationToken) is { } details ? ContainerMapper.From(details) : null;

    // The gateway of a bridge network is the host itself; that of a macvlan is a router. What is wrong when the networks cannot be had is
    // said of the containers' networks, which are asked for in the same way.
    private async Task<OwnLocation> WithNetworksAsync(OwnLocation own, CancellationToken cancellationToken)
    {
        await networks.LearnAsync(own.Networks, cancellationToken);
        own = own with { Networks = own.Networks.Select(networks.Describe).ToEquatableArray() };
        var bridges = own.Networks.Where(network => network is { IsOnHost: true, Id.Length: > 0 }).ToList();
        return own with
        {
            Gateway = bridges.Select(network => network.Gateway).FirstOrDefault(gateway => gateway is not null),
            IPv6Gateway = bridges.Select(network => network.IPv6Gateway).FirstOrDefault(gateway => gateway is not null),
        };
    }

    private async Task<bool> IsRootlessAsync(CancellationToken cancellationToken)
    {
        try
        {
            return _isRootless ??= (await client.GetInfoAsync(cancellationToken)).IsRootless;
        }
        catch (DockerException exception)
        {
            // Behind a proxy that does not show it, which few set before a rootless Engine; without an answer it is asked again.
            _isRootless = exception.StatusCode is null ? null : false;
            return false;
        }
    }

    private async Task<bool> IsThisMachineAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            if (_isThisMachine is null)
            {
                var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
                var own = NetworkInterface.GetAllNetworkInterfaces()
                    .SelectMany(card => card.GetIPProperties().UnicastAddresses)
                    .Select(unicast => unicast.Address)
                    .ToHashSet();
                _isThisMachine = addresses.Any(address => IPAddress.IsLoopback(address) || own.Contains(address));
            }

            return _isThisMachine.Value;
        }
        catch (Exception exception) when (exception is SocketException or NetworkInformationException)
        {
            return false;
        }
    }

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
