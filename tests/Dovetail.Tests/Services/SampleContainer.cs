using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services;

/// <summary>Makes containers for tests that need no Engine.</summary>
internal static class SampleContainer
{
    /// <summary>A running container on the default bridge, created at <paramref name="second"/> of a fixed minute.</summary>
    /// <param name="labels">Each <c>key=value</c>.</param>
    public static Container Named(string name, int second, params string[] labels) => new()
    {
        Id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))),
        Name = name,
        Created = DateTimeOffset.Parse("2026-01-01T00:00:00Z", CultureInfo.InvariantCulture).AddSeconds(second),
        State = ContainerState.Running,
        Labels = labels
            .Select(label => label.Split('=', 2))
            .Select(pair => new ContainerLabel(pair[0], pair[1]))
            .OrderBy(label => label.Key, StringComparer.Ordinal)
            .ToEquatableArray(),
        Networks = [On("bridge", "172.17.0.2")],
    };

    public static Container With(params string[] labels) => Named("web", 0, labels);

    public static ContainerNetwork On(string network, string? ipv4, string? ipv6 = null) => new()
    {
        Name = network,
        Id = "id-of-" + network,
        IPv4 = ipv4,
        IPv6 = ipv6,
    };

    public static DesiredState Desired(params Container[] containers) => Desired(OwnLocation.OnHost, containers);

    public static DesiredState Desired(OwnLocation host, params Container[] containers) =>
        DesiredState.From(Snapshot(host, containers), new ServiceOptions());

    public static ContainerSnapshot Snapshot(OwnLocation host, params Container[] containers) => new()
    {
        Containers = [.. containers.OrderBy(container => container.Id, StringComparer.Ordinal)],
        Own = host,
    };
}
