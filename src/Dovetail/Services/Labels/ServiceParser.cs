using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Reads the labels of one service of one container.</summary>
internal static class ServiceParser
{
    /// <returns>Null when the labels ask for no service, or when it is refused and in <paramref name="rejected"/>.</returns>
    public static ServiceDeclaration? Parse(
        LabelReader labels, ServiceOptions defaults, List<RejectedContainer> rejected, List<ContainerWarning> warnings)
    {
        if (!IsWanted(labels) && labels.Errors.Count == 0)
        {
            if (!labels.Has(ServiceLabels.Enable))
            {
                Warn(null, [.. LabelWarnings.OfUnknown(labels), .. LabelWarnings.OfNoService(labels)]);
            }

            return null;
        }

        var service = new ServiceDeclaration
        {
            Name = DefaultName(labels),
            Tags = defaults.Tags,
            Hold = defaults.Hold,
            AccessLog = defaults.AccessLog,
        };
        foreach (var label in ServiceLabels.All)
        {
            service = label.Read(labels, service);
        }

        ServiceChecks.RefuseContradictions(service, labels, defaults);
        var name = service.Name.Length > 0 ? service.Name : null;
        Warn(name, [.. labels.Notes, .. LabelWarnings.OfUnknown(labels)]);
        if (labels.Errors.Count > 0)
        {
            rejected.Add(new RejectedContainer(labels.Source, name, labels.Reason()));
            return null;
        }

        Warn(name, LabelWarnings.OfSettings(service, labels));
        return service;

        void Warn(string? about, IEnumerable<string> texts) =>
            warnings.AddRange(texts.Select(text => new ContainerWarning(labels.Source, about, text)));
    }

    private static bool IsWanted(LabelReader labels) =>
        labels.TryRead<bool>(ServiceLabels.Enable, LabelSyntax.Bool, out var enabled) ? enabled : labels.Has(ServiceLabels.Name);

    // Of a service that names none; empty when it does, or when none can be made.
    private static string DefaultName(LabelReader labels)
    {
        if (labels.Has(ServiceLabels.Name))
        {
            return "";
        }

        // A further service is known by its id: the container's own name is its first service's.
        var container = labels.Container;
        var source = labels.Id.Length > 0 ? labels.Id
            : container.Label(WellKnownLabels.ComposeService) ?? container.Label(WellKnownLabels.SwarmServiceName) ?? container.Name;
        if (NameSyntax.Derive(source) is { } derived)
        {
            return derived;
        }

        labels.Refuse($"no name can be made of \"{Printable.Text(source)}\": set {labels.Label(ServiceLabels.Name)}");
        return "";
    }
}
