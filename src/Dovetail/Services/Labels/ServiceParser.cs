using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>Reads the labels of one service of one container.</summary>
internal static class ServiceParser
{
    private const string AllowedHold = "allowed is a duration from 0 to 1h, such as 15s, 1m30s or 500ms";

    /// <param name="id">Of <c>dovetail.services.ID</c>; empty for the container's first service.</param>
    /// <returns>Null when the labels ask for no service, or when it is refused; then there is an error.</returns>
    public static ServiceDeclaration? Parse(
        Container container, string id, LabelReader labels, ServiceOptions defaults, List<LabelError> errors, List<LabelWarning> warnings)
    {
        var enabled = labels.Bool(LabelNames.Enable, labels.Has(LabelNames.Name));
        if (!enabled && labels.Errors.Count == 0)
        {
            if (!labels.Has(LabelNames.Enable))
            {
                warnings.AddRange(UnknownLabels(labels, service: null));
                WarnOfNoName(labels, warnings);
            }

            return null;
        }

        var name = ReadName(container, id, labels);
        var tcp = ReadTcp(labels);
        var port = ReadPort(container, labels, tcp);
        var service = new ServiceDeclaration
        {
            Name = name ?? "",
            Port = port,
            Scheme = labels.Choice(
                LabelNames.Scheme,
                UpstreamScheme.Http,
                ("http", UpstreamScheme.Http),
                ("https", UpstreamScheme.Https),
                ("https+insecure", UpstreamScheme.HttpsInsecure),
                ("h2c", UpstreamScheme.H2c)),
            Network = labels.Read<string?>(LabelNames.Network, null, TryParseNetwork, "allowed is the name of a Docker network"),
            Tags = ReadTags(labels, defaults),
            Tls = labels.Choice(LabelNames.Tls, TlsMode.Auto, ("auto", TlsMode.Auto), ("on", TlsMode.On), ("off", TlsMode.Off)),
            Redirect = labels.Bool(LabelNames.Redirect, true),
            Allow = ReadAllow(labels),
            Identity = labels.Bool(LabelNames.Identity, true),
            Funnel = labels.Bool(LabelNames.Funnel, false),
            Hold = labels.Read<TimeSpan>(LabelNames.Hold, defaults.Hold, TryParseHold, AllowedHold),
            Health = labels.Choice(LabelNames.Health, HealthMode.Wait, ("wait", HealthMode.Wait), ("ignore", HealthMode.Ignore)),
            Memory = labels.Read<long?>(LabelNames.Memory, null, TryParseMemory, SizeSyntax.AllowedNodeMemory),
            Tcp = tcp,
            LoadBalance = labels.Bool(LabelNames.LoadBalance, false),
        };
        CheckTogether(service, labels, defaults);

        warnings.AddRange(UnknownLabels(labels, name));
        if (labels.Errors.Count > 0)
        {
            errors.Add(new LabelError(name, labels.Reason()));
            return null;
        }

        WarnOfOddities(container, service, labels, warnings);
        return service;
    }

    private static string? ReadName(Container container, string id, LabelReader labels)
    {
        if (labels.Text(LabelNames.Name) is { } given)
        {
            if (NameSyntax.IsValid(given))
            {
                return given;
            }

            var lower = given.ToLowerInvariant();
            labels.Refuse(LabelNames.Name, NameSyntax.Allowed + (NameSyntax.IsValid(lower) ? $"; did you mean \"{lower}\"?" : ""));
            return null;
        }

        // A further service is known by its id: the container's own name is its first service's.
        var source = id.Length > 0 ? id
            : container.Label(WellKnownLabels.ComposeService) ?? container.Label(WellKnownLabels.SwarmServiceName) ?? container.Name;
        var derived = NameSyntax.Derive(source);
        if (derived is null)
        {
            labels.Refuse($"no name can be made of \"{Printable.Text(source)}\": set {labels.Label(LabelNames.Name)}");
        }

        return derived;
    }

    private static int? ReadPort(Container container, LabelReader labels, EquatableArray<TcpForward> tcp)
    {
        if (labels.Has(LabelNames.Port))
        {
            return labels.Read<int>(LabelNames.Port, 0, PortSyntax.TryParse, PortSyntax.Allowed);
        }

        // A port that goes out as raw TCP is not meant to be HTTP as well.
        var exposed = container.ExposedTcpPorts.Where(port => tcp.All(forward => forward.ContainerPort != port)).ToArray();
        if (exposed.Length == 1)
        {
            return exposed[0];
        }

        if (labels.Names.Any(name => name.StartsWith(LabelNames.TcpPrefix, StringComparison.Ordinal)))
        {
            return null;
        }

        var label = labels.Label(LabelNames.Port);
        labels.Refuse(exposed.Length == 0
            ? $"{label} is missing, and the container exposes no TCP port: set {label}"
            : $"{label} is missing, and the container exposes several TCP ports ({List(exposed)}): set {label} to one of them");
        return null;
    }

    private static EquatableArray<TcpForward> ReadTcp(LabelReader labels)
    {
        var forwards = new SortedDictionary<int, TcpForward>();
        foreach (var name in labels.Names.Where(name => name.StartsWith(LabelNames.TcpPrefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!PortSyntax.TryParse(name[LabelNames.TcpPrefix.Length..], out var nodePort))
            {
                labels.Refuse($"{labels.Label(name)} is refused: after tcp. comes the port on the tailnet, a number from 1 to 65535");
            }
            else if (labels.Read<int>(name, 0, PortSyntax.TryParse, PortSyntax.Allowed) is var containerPort and > 0
                && !forwards.TryAdd(nodePort, new TcpForward(nodePort, containerPort)))
            {
                labels.Refuse($"{labels.Label(name)} is refused: port {nodePort} on the tailnet is named twice");
            }
        }

        return forwards.Values.ToEquatableArray();
    }

    private static EquatableArray<string> ReadTags(LabelReader labels, ServiceOptions defaults)
    {
        if (labels.Text(LabelNames.Tags) is not { } text)
        {
            return defaults.Tags;
        }

        if (!TagSyntax.TryParseList(text, out var tags, out var bad))
        {
            labels.Refuse(LabelNames.Tags, $"\"{Printable.Text(bad)}\" is no tag; {TagSyntax.Allowed}" + (TagSyntax.IsValid("tag:" + bad) ? $"; did you mean \"tag:{bad}\"?" : ""));
        }

        return tags;
    }

    private static EquatableArray<string> ReadAllow(LabelReader labels)
    {
        if (labels.Text(LabelNames.Allow) is not { } text)
        {
            return [];
        }

        if (!AllowSyntax.TryParseList(text, out var rules, out var bad))
        {
            labels.Refuse(LabelNames.Allow, $"\"{Printable.Text(bad)}\" is no rule; {AllowSyntax.Allowed}");
        }

        return rules;
    }

    private static void CheckTogether(ServiceDeclaration service, LabelReader labels, ServiceOptions defaults)
    {
        if (service.Port is not null)
        {
            foreach (var forward in service.Tcp.Where(forward => forward.NodePort is 80 or 443))
            {
                labels.Refuse($"{labels.Label($"{LabelNames.TcpPrefix}{forward.NodePort}")} is refused: ports 80 and 443 on the tailnet serve HTTP; take another port");
            }
        }

        if (!service.Funnel)
        {
            return;
        }

        if (!defaults.AllowFunnel)
        {
            labels.Refuse(LabelNames.Funnel, "this daemon does not allow Funnel; start it with DOVETAIL_ALLOW_FUNNEL=true to let labels make services public");
        }
        else if (service.Tls == TlsMode.Off)
        {
            labels.Refuse(LabelNames.Funnel, $"Funnel needs HTTPS; remove {labels.Label(LabelNames.Tls)}");
        }
        else if (service.Port is null && labels.Errors.Count == 0)
        {
            labels.Refuse(LabelNames.Funnel, $"Funnel needs HTTP; set {labels.Label(LabelNames.Port)}");
        }
    }

    private static void WarnOfOddities(Container container, ServiceDeclaration service, LabelReader labels, List<LabelWarning> warnings)
    {
        if (service.Port is null && container.ExposedTcpPorts.Count(port => service.Tcp.All(forward => forward.ContainerPort != port)) > 1)
        {
            warnings.Add(new LabelWarning(service.Name, $"the container exposes several TCP ports ({List(container.ExposedTcpPorts)}) and {labels.Label(LabelNames.Port)} names none: the service is raw TCP only"));
        }

        if (service.Funnel && service.Allow.Count > 0)
        {
            warnings.Add(new LabelWarning(service.Name, $"Funnel visitors have no identity, so {labels.Label(LabelNames.Allow)} answers 403 to all of them"));
        }
    }

    private static IEnumerable<LabelWarning> UnknownLabels(LabelReader labels, string? service)
    {
        foreach (var name in labels.Names.Where(name => !LabelNames.IsKnown(name)).Order(StringComparer.Ordinal))
        {
            var nearest = LabelNames.Nearest(name);
            yield return new LabelWarning(service, $"{labels.Label(name)} is no label that Dovetail knows" + (nearest is null ? "" : $"; did you mean {labels.Label(nearest)}?"));
        }
    }

    private static void WarnOfNoName(LabelReader labels, List<LabelWarning> warnings)
    {
        var known = labels.Names.Where(LabelNames.IsKnown).Order(StringComparer.Ordinal).FirstOrDefault();
        if (known is not null)
        {
            warnings.Add(new LabelWarning(null, $"{labels.Label(known)} has no effect: without {labels.Label(LabelNames.Name)} or {labels.Label(LabelNames.Enable)}=true it belongs to no service"));
        }
    }

    private static bool TryParseNetwork(string text, out string? network)
    {
        // The Engine's own rule for names; nothing else can be one.
        network = text;
        return text.Length is > 0 and <= 255 && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');
    }

    private static bool TryParseHold(string text, out TimeSpan hold) => DurationSyntax.TryParse(text, out hold) && hold <= ServiceOptions.MaxHold;

    private static bool TryParseMemory(string text, out long? memory)
    {
        var read = SizeSyntax.TryParse(text, out var bytes) && bytes is >= SizeSyntax.MinNodeMemory and <= SizeSyntax.MaxNodeMemory;
        memory = bytes;
        return read;
    }

    private static string List(IEnumerable<int> ports)
    {
        var shown = ports.Take(11).Select(port => port.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        return string.Join(", ", shown.Take(10)) + (shown.Length > 10 ? ", …" : "");
    }
}
