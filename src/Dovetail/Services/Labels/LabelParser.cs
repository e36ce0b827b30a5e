using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>What the labels of one container say.</summary>
/// <param name="Services">The services that are in order; names may repeat in another container, but not in here.</param>
/// <param name="Rejected">The services that are refused.</param>
/// <param name="Warnings">Mistakes in the labels that refuse nothing.</param>
internal sealed record LabelParseResult(
    EquatableArray<ServiceDeclaration> Services,
    EquatableArray<RejectedContainer> Rejected,
    EquatableArray<ContainerWarning> Warnings)
{
    public static LabelParseResult Nothing { get; } = new([], [], []);
}

/// <summary>
/// Reads the labels of a container. Whatever they hold, it does not throw, and nothing unprintable passes into its messages.
/// </summary>
internal static class LabelParser
{
    // Each service is a process: a container must not be able to ask for thousands.
    private const int MaxServices = 32;
    private const int MaxWarnings = 10;

    public static LabelParseResult Parse(Container container, ServiceOptions defaults)
    {
        var prefix = defaults.LabelPrefix + ".";
        var groups = Group(container, prefix);
        var warnings = LabelWarnings.OfOtherCase(container, prefix)
            .Select(text => new ContainerWarning(container.Title, null, text))
            .ToList();
        if (groups.Count == 0 && warnings.Count == 0)
        {
            return LabelParseResult.Nothing;
        }

        var rejected = new List<RejectedContainer>();
        if (groups.TryGetValue("", out var first) && IsTurnedOff(new LabelReader(container, "", prefix, first), rejected))
        {
            return new LabelParseResult([], rejected.ToEquatableArray(), []);
        }

        var services = new Dictionary<string, ServiceDeclaration>(StringComparer.Ordinal);
        foreach (var (id, values) in groups.Take(MaxServices))
        {
            var labels = new LabelReader(container, id, prefix, values);
            var service = ServiceParser.Parse(labels, defaults, rejected, warnings);
            if (service is not null && !services.TryAdd(service.Name, service))
            {
                var label = labels.Label(ServiceLabels.Name);
                var reason = $"{label} is refused: the same container already has a service named {service.Name}";
                rejected.Add(new RejectedContainer(container.Title, service.Name, reason));
            }
        }

        IReadOnlyCollection<ServiceDeclaration> declared = services.Values;
        if (LabelWarnings.OfSleep(container, declared, defaults).FirstOrDefault() is { } awake)
        {
            declared = [.. declared.Select(static service => service with { Sleep = null })];
            warnings.Add(new ContainerWarning(container.Title, null, awake));
        }

        if (groups.Count > MaxServices)
        {
            var excess = groups.Count - MaxServices;
            var reason = $"the container asks for {groups.Count} services; the {excess} beyond the first {MaxServices} are refused";
            rejected.Add(new RejectedContainer(container.Title, null, reason));
        }

        if (warnings.Count > MaxWarnings)
        {
            var text = $"{warnings.Count - MaxWarnings} more warnings are left out";
            warnings.RemoveRange(MaxWarnings, warnings.Count - MaxWarnings);
            warnings.Add(new ContainerWarning(container.Title, null, text));
        }

        return new LabelParseResult(declared.ToEquatableArray(), rejected.ToEquatableArray(), warnings.ToEquatableArray());
    }

    /// <summary>The names that labels of the container give to services, whatever else is wrong with them.</summary>
    public static IEnumerable<string> NamesWritten(Container container, ServiceOptions defaults)
    {
        foreach (var values in Group(container, defaults.LabelPrefix + ".").Values)
        {
            if (values.TryGetValue(ServiceLabels.Name, out var written)
                && (PlainForm.OfName(written.Trim())?.Text ?? written.Trim()) is var name && NameSyntax.IsValid(name))
            {
                yield return name;
            }
        }
    }

    // By id of the service: "" for the labels without one, which come first; then by id.
    private static SortedDictionary<string, Dictionary<string, string>> Group(Container container, string prefix)
    {
        var groups = new SortedDictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var label in container.Labels)
        {
            if (!label.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            var (id, name) = Split(label.Key[prefix.Length..]);
            if (!groups.TryGetValue(id, out var values))
            {
                groups.Add(id, values = new Dictionary<string, string>(StringComparer.Ordinal));
            }

            values[name] = label.Value;
        }

        return groups;
    }

    private static (string Id, string Name) Split(string label)
    {
        if (label.StartsWith(ServiceLabels.ServicesPrefix, StringComparison.Ordinal))
        {
            var id = ServiceLabels.ServicesPrefix.Length;
            var dot = label.IndexOf('.', id);
            if (dot > id && dot < label.Length - 1)
            {
                return (label[id..dot], label[(dot + 1)..]);
            }
        }

        return ("", label);
    }

    // dovetail.enable=false is for the whole container. A value that cannot be read may have been meant so: the container stays off.
    private static bool IsTurnedOff(LabelReader labels, List<RejectedContainer> rejected)
    {
        var isRead = labels.TryRead<bool>(ServiceLabels.Enable, LabelSyntax.Bool, out var enabled);
        rejected.AddRange(labels.Errors.Select(reason => new RejectedContainer(labels.Container.Title, null, reason)));
        return isRead ? !enabled : rejected.Count > 0;
    }
}
