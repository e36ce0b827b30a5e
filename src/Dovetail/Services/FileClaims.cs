using System.Collections.Frozen;
using Dovetail.Containers;
using Dovetail.Services.Files;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services;

/// <summary>
/// The claims of a services file, by the same rules as those of labels. They come before all labels: who writes the file runs Dovetail, and
/// what it says is known before any container.
/// </summary>
internal static class FileClaims
{
    private const int AnyPort = 80;

    /// <param name="snapshot">Null: the containers have not been listed yet.</param>
    public static IEnumerable<ServiceClaim> Of(
        ServicesFile file,
        ContainerSnapshot? snapshot,
        ServiceOptions defaults,
        List<RejectedContainer> rejected,
        List<ContainerWarning> warnings)
    {
        string[] problems = [.. file.Problem is { } problem ? [problem] : (string[])[], .. file.Mistakes];
        rejected.AddRange(problems.Select(text => new RejectedContainer(file.Path, null, text)));
        warnings.AddRange(file.Warnings.Select(text => new ContainerWarning(file.Path, null, text)));
        return file.Services.SelectMany(service => Of(service, snapshot, defaults, rejected, warnings)).ToList();
    }

    /// <summary>Services of the file that containers serve which have ended.</summary>
    public static IEnumerable<(string Name, Container Container)> Ended(
        ServicesFile file, ContainerSnapshot snapshot, ServiceOptions defaults) =>
        from service in file.Services
        where !service.Containers.IsEmpty
        from container in snapshot.Ended
        where service.Containers.Covers(container)
        let read = Parse(service, container, defaults, [], [])
        where read is not null
        select (read.Name, container);

    private static List<ServiceClaim> Of(
        FileService service,
        ContainerSnapshot? snapshot,
        ServiceOptions defaults,
        List<RejectedContainer> rejected,
        List<ContainerWarning> warnings)
    {
        var isOfContainers = !service.Containers.IsEmpty;
        List<Container> containers = isOfContainers ? [.. Matching(service, snapshot)] : [StandIn(service)];
        if (containers.Count == 0)
        {
            // The rest of what it says is looked at all the same.
            if (Parse(service, StandIn(service), defaults, rejected, warnings) is { } read && snapshot is not null
                && !service.Containers.Engines.Any(engine => snapshot.Unlisted.Contains(EngineSnapshot.TitleOf(engine))))
            {
                warnings.Add(new ContainerWarning(service.Origin, read.Name, Missing(service.Containers)));
            }

            return [];
        }

        var (refusals, remarks) = (new List<RejectedContainer>(), new List<ContainerWarning>());
        List<ServiceClaim> claims =
        [
            .. from container in containers
               let read = Parse(service, container, defaults, refusals, remarks)
               where read is not null
               select new ServiceClaim(container, read) { Entry = service },
        ];
        // Replicas have the same mistakes.
        rejected.AddRange(refusals.Distinct());
        warnings.AddRange(remarks.Distinct());
        return claims;
    }

    private static IEnumerable<Container> Matching(FileService service, ContainerSnapshot? snapshot) =>
        DesiredState.InOrderOfRight(snapshot?.Containers ?? []).Where(service.Containers.Covers);

    private static ServiceDeclaration? Parse(
        FileService service,
        Container container,
        ServiceOptions defaults,
        List<RejectedContainer> rejected,
        List<ContainerWarning> warnings)
    {
        var places = service.Words.ToFrozenDictionary(static word => word.Name, static word => word.Place, StringComparer.Ordinal);
        var labels = new LabelReader(
            container,
            "",
            "",
            service.Words.ToDictionary(static word => word.Name, static word => word.Value, StringComparer.Ordinal),
            new LabelPlace(service.Origin, places.GetValueOrDefault));
        foreach (var error in service.Errors)
        {
            labels.Refuse(error);
        }

        return ServiceParser.Parse(labels, defaults, rejected, warnings);
    }

    // For what is no container, or not there.
    private static Container StandIn(FileService service) => new()
    {
        Id = service.Origin,
        Name = service.Origin,
        State = ContainerState.Running,
        ExposedTcpPorts = service.Containers.IsEmpty ? [] : [AnyPort],
    };

    private static string Missing(ContainerSelection wanted) => wanted switch
    {
        { Names.Count: 1 } => $"no container named {wanted.Names[0]} runs; the service begins with it",
        { Names.Count: > 1 } => $"none of the containers {string.Join(", ", wanted.Names)} runs; the service begins with the first",
        _ => $"no container of the Compose service {string.Join(", ", wanted.ComposeServices)} runs; the service begins with the first",
    };
}
