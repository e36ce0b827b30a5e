using System.Security.Cryptography;
using System.Text;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Compose;

/// <summary>What a Compose file would make of Docker, as far as Dovetail looks at it.</summary>
internal sealed record ComposeProject
{
    /// <summary>The containers as they will run; a service's name stands for its address.</summary>
    public required ContainerSnapshot Snapshot { get; init; }

    /// <summary>The environment that the file gives to Dovetail; empty when Dovetail is not in it.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What could not be known, in one line each.</summary>
    public required EquatableArray<string> Notes { get; init; }
}

/// <summary>Makes containers of a Compose model: names, labels, networks, ports, profiles.</summary>
/// <param name="root">The model, in which nothing is to be included, extended or merged any more.</param>
/// <param name="missing">Variables that are not set, known when all has been read.</param>
/// <param name="directory">Name of the file's directory, which names the project unless the file does.</param>
/// <param name="variables">Value of a variable; null: not set.</param>
internal sealed class ComposeProjectReader(
    ComposeNode root, SortedSet<string> missing, string directory, Func<string, string?> variables)
{
    private const string ImageName = "dovetail";
    private const string DefaultNetwork = "default";

    private readonly string _project = NameOf(
        (root.TryText("name", out var name) ? name : null) ?? NonEmpty(variables("COMPOSE_PROJECT_NAME")) ?? directory);

    private readonly string[] _profiles = (variables("COMPOSE_PROFILES") ?? "").Split(',', StringSplitOptions.TrimEntries);

    private readonly List<string> _notes = [];

    /// <param name="own">The service, or the container's name, that Dovetail is; null: to be found out.</param>
    /// <exception cref="ComposeException">The file cannot be read, or not without Compose itself.</exception>
    public ComposeProject Read(string? own)
    {
        if (root["services"] is not { IsMapping: true } services)
        {
            throw root.Place.Mistake("this is no Compose file: it has no services");
        }

        var read = services.Entries.Where(IsActive).Select((entry, place) => (entry.Key, entry.Value, Container: Container(entry, place)))
            .ToList();
        var (ownName, ownNode, ownContainer) = read.FirstOrDefault(entry => own is null
            ? IsDovetail(entry.Key, entry.Value)
            : entry.Key == own || entry.Container.Name == own);
        if (own is not null && ownName is null && own != "none")
        {
            throw new ComposeException($"the file has no service named {Printable.Text(own)}, which DOVETAIL_CONTAINER names");
        }

        var containers = read.Where(entry => entry.Key != ownName).Select(static entry => entry.Container).ToList();
        if (ownName is null)
        {
            _notes.Add("Dovetail is not in the file: it is taken to be on every network that the file names");
        }

        if (missing.Count > 0)
        {
            _notes.Add($"not set, taken as empty: {string.Join(", ", missing)}");
        }

        return new ComposeProject
        {
            Snapshot = new ContainerSnapshot
            {
                Containers = [.. containers.OrderBy(static container => container.Id, StringComparer.Ordinal)],
                Own = ownContainer is null ? Everywhere(containers) : Own(ownContainer, read.Select(static entry => entry.Container)),
            },
            Environment = ownNode is null ? new Dictionary<string, string>() : Pairs(ownNode["environment"]),
            Notes = [.. _notes],
        };
    }

    // Services of a profile start only when it is asked for.
    private bool IsActive((string Name, ComposeNode Node) service)
    {
        string[] profiles = [.. (service.Node["profiles"]?.Items ?? []).Select(static item => item.Text).OfType<string>()];
        if (profiles.Length == 0 || _profiles.Contains("*") || profiles.Intersect(_profiles).Any())
        {
            return true;
        }

        _notes.Add($"{Printable.Text(service.Name)} is left out: it belongs to a profile that COMPOSE_PROFILES does not name");
        return false;
    }

    private Container Container((string Name, ComposeNode Node) service, int place)
    {
        var (name, node) = service;
        if (node["label_file"] is { } labelFile)
        {
            throw labelFile.Place.NotRead($"label_file (service {Printable.Text(name)})");
        }

        var container = ContainerName(name, node);
        var mode = node["network_mode"]?.Text;
        var labels = LabelsOf(name, node);
        labels[WellKnownLabels.ComposeProject] = _project;
        labels[WellKnownLabels.ComposeService] = name;
        return new Container
        {
            Id = IdOf(container),
            Name = container,
            // The order in the file decides who has a right to a name, as that of creation does.
            Created = DateTimeOffset.UnixEpoch.AddSeconds(place),
            State = ContainerState.Running,
            Labels = labels.OrderBy(static label => label.Key, StringComparer.Ordinal)
                .Select(static label => new ContainerLabel(label.Key, label.Value)).ToEquatableArray(),
            NetworkMode = mode?.StartsWith("service:", StringComparison.Ordinal) == true
                ? "container:" + ContainerNameOf(mode["service:".Length..])
                : mode ?? "default",
            Networks = NetworksOf(name, node, mode),
            ExposedTcpPorts = ComposePorts.Exposed(node),
            PublishedTcpPorts = ComposePorts.Published(node),
        };
    }

    // Those of a swarm's service hold for its containers, whose own win.
    private SortedDictionary<string, string> LabelsOf(string service, ComposeNode node)
    {
        var labels = Pairs(node["labels"]);
        var ofService = Pairs(node["deploy"]?["labels"]);
        if (ofService.Count > 0)
        {
            _notes.Add(
                $"{Printable.Text(service)}: its labels under deploy hold in a swarm (docker stack deploy), not with docker compose");
        }

        foreach (var (label, value) in ofService)
        {
            labels.TryAdd(label, value);
        }

        return labels;
    }

    private EquatableArray<ContainerNetwork> NetworksOf(string service, ComposeNode node, string? mode)
    {
        var named = node["networks"];
        if (mode is not null)
        {
            if (named is not null && (named.Entries.Any() || named.Items.Any()))
            {
                throw named.Place.Mistake($"service {Printable.Text(service)} has networks and a network_mode; take one of them away");
            }

            return mode == "bridge" ? [new ContainerNetwork { Name = mode, Id = mode, IPv4 = service }] : [];
        }

        List<(string Key, string? Address)> networks = named switch
        {
            { IsMapping: true } => [.. named.Entries.Select(static entry => (entry.Key, entry.Value["ipv4_address"]?.Text))],
            { IsSequence: true } => [.. named.Items.Select(static item => (item.Text ?? "", (string?)null))],
            _ => [(DefaultNetwork, null)],
        };
        if (networks.Find(network => network.Key != DefaultNetwork && root["networks"]?[network.Key] is null) is { Key: { } unknown })
        {
            throw named!.Place.Mistake(
                $"service {Printable.Text(service)} is on the network {Printable.Text(unknown)}, which networks: does not declare");
        }

        return networks.Select(network => new ContainerNetwork
        {
            Name = FullName(network.Key),
            Id = FullName(network.Key),
            // By that name the network's own resolver finds it.
            IPv4 = network.Address ?? service,
        }).OrderBy(static network => network.Name, StringComparer.Ordinal).ToEquatableArray();
    }

    private string FullName(string network) => root["networks"]?[network] switch
    {
        { } node when node.TryText("name", out var name) => name,
        { } node when node["external"]?.Text == "true" => network,
        _ => $"{_project}_{network}",
    };

    private string ContainerNameOf(string service) =>
        root["services"]?[service] is { } node ? ContainerName(service, node) : service;

    private string ContainerName(string service, ComposeNode node) => Printable.Text(
        node.TryText("container_name", out var name) ? name : $"{_project}-{service}-1");

    private static bool IsDovetail(string name, ComposeNode node) =>
        name == ImageName || (node["image"]?.Text?.Split('/')[^1].Split(':', '@')[0] == ImageName);

    private static OwnLocation Own(Container own, IEnumerable<Container> all)
    {
        var owner = own.NetworkContainer is { } joined ? all.FirstOrDefault(container => container.Name == joined) ?? own : own;
        return owner.UsesHostNetwork
            ? OwnLocation.OnHost with { Location = DovetailLocation.HostNetworkContainer, ContainerName = own.Name }
            : InContainer(own.Name, owner.Id, owner.Networks);
    }

    private static OwnLocation Everywhere(IEnumerable<Container> containers) => InContainer(
        ImageName,
        null,
        containers.SelectMany(static container => container.Networks).DistinctBy(static network => network.Name)
            .OrderBy(static network => network.Name, StringComparer.Ordinal).ToEquatableArray());

    // Which address the host has on its networks is known only when they are there; Docker names it so.
    private static OwnLocation InContainer(string name, string? id, EquatableArray<ContainerNetwork> networks) => new()
    {
        Location = DovetailLocation.Container,
        ContainerName = name,
        NetworkContainerId = id,
        Networks = networks,
        Gateway = "host-gateway",
        IPv6Gateway = "host-gateway",
    };

    // A mapping, or a list of NAME=value.
    private static SortedDictionary<string, string> Pairs(ComposeNode? node)
    {
        var pairs = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in node?.Entries ?? [])
        {
            pairs[key] = value.Text ?? "";
        }

        foreach (var text in (node?.Items ?? []).Select(static item => item.Text).OfType<string>())
        {
            var equals = text.IndexOf('=');
            pairs[equals < 0 ? text : text[..equals]] = equals < 0 ? "" : text[(equals + 1)..];
        }

        return pairs;
    }

    private static string IdOf(string container) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(container)));

    // As Compose makes a project's name of a directory's.
    private static string NameOf(string text)
    {
        var kept = string.Concat(text.ToLowerInvariant().Where(static letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)
            || letter is '_' or '-')).TrimStart('_', '-');
        return kept.Length > 0 ? kept : "project";
    }

    private static string? NonEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
