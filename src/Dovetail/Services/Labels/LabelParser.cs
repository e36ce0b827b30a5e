using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Reads the labels of a container (DESIGN §3). Whatever they hold, it does not throw, and nothing unprintable passes into its messages.</summary>
internal static class LabelParser
{
    // Each service is a process: a container must not be able to ask for thousands.
    private const int MaxServices = 32;
    private const int MaxWarnings = 10;

    public static LabelParseResult Parse(Container container, ServiceOptions defaults)
    {
        var prefix = defaults.LabelPrefix + ".";
        var groups = Group(container, prefix);
        if (groups.Count == 0)
        {
            return LabelParseResult.Nothing;
        }

        var errors = new List<LabelError>();
        var warnings = new List<LabelWarning>();
        if (IsTurnedOff(groups, prefix, errors))
        {
            return new LabelParseResult([], errors.ToEquatableArray(), []);
        }

        var services = new Dictionary<string, ServiceDeclaration>(StringComparer.Ordinal);
        foreach (var (id, values) in groups.Take(MaxServices))
        {
            var path = id.Length == 0 ? prefix : $"{prefix}{LabelNames.ServicesPrefix}{id}.";
            var service = ServiceParser.Parse(container, id, new LabelReader(path, values), defaults, errors, warnings);
            if (service is not null && !services.TryAdd(service.Name, service))
            {
                errors.Add(new LabelError(service.Name, $"{Printable.Text(path)}name is refused: the same container already has a service named {service.Name}"));
            }
        }

        if (groups.Count > MaxServices)
        {
            errors.Add(new LabelError(null, $"the container asks for {groups.Count} services; the {groups.Count - MaxServices} beyond the first {MaxServices} are refused"));
        }

        return new LabelParseResult(services.Values.ToEquatableArray(), errors.ToEquatableArray(), Cut(warnings));
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
        if (label.StartsWith(LabelNames.ServicesPrefix, StringComparison.Ordinal))
        {
            var id = LabelNames.ServicesPrefix.Length;
            var dot = label.IndexOf('.', id);
            if (dot > id && dot < label.Length - 1)
            {
                return (label[id..dot], label[(dot + 1)..]);
            }
        }

        return ("", label);
    }

    // dovetail.enable=false is for the whole container. A value that cannot be read may have been meant so: the container stays off.
    private static bool IsTurnedOff(SortedDictionary<string, Dictionary<string, string>> groups, string prefix, List<LabelError> errors)
    {
        if (!groups.TryGetValue("", out var values))
        {
            return false;
        }

        var labels = new LabelReader(prefix, values);
        var enabled = labels.Bool(LabelNames.Enable, true);
        errors.AddRange(labels.Errors.Select(reason => new LabelError(null, reason)));
        return !enabled || errors.Count > 0;
    }

    private static EquatableArray<LabelWarning> Cut(List<LabelWarning> warnings) => warnings.Count <= MaxWarnings
        ? warnings.ToEquatableArray()
        : [.. warnings.Take(MaxWarnings), new LabelWarning(null, $"{warnings.Count - MaxWarnings} more warnings are left out")];
}
