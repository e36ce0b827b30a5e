using System.Globalization;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Services.Files;

/// <summary>
/// Reads one service of a services file. A mistake is noted and reading goes on, so that a person sees all of them at once.
/// </summary>
/// <param name="file">The file's path, fit to print.</param>
/// <param name="prefix">What labels begin with, without the dot.</param>
/// <param name="engines">Whose containers it may name.</param>
internal sealed class FileServiceReader(string file, string prefix, EngineNames engines)
{
    private const string Upstream = "upstream";
    private const string Container = "container";
    private const string Compose = "compose";
    private const string TcpPrefix = ServiceLabels.Tcp + ".";
    private const int MaxWords = 200;
    private const int MaxErrors = 10;
    private const int MaxNameLength = 255;

    // Of containers only: an upstream's own address says it.
    private static readonly string[] OfContainers = [ServiceLabels.Port, ServiceLabels.Scheme, ServiceLabels.Network];
    private static readonly string[] Kinds = [Upstream, Container, Compose];

    private readonly Dictionary<string, Word> _words = new(StringComparer.Ordinal);
    private readonly List<string> _errors = [];

    public FileService Read(FileNode key, FileNode value)
    {
        if (value is FileMap map)
        {
            Collect(map);
        }
        else
        {
            _errors.Add($"{value.Place}: the service says nothing; below its name stand words such as upstream, container or allow");
        }

        if (!_words.ContainsKey(ServiceLabels.Name))
        {
            var name = key as FileText;
            _words.Add(ServiceLabels.Name, new Word([name?.Text ?? ""], key.Place));
        }

        var service = new FileService { Origin = string.Create(CultureInfo.InvariantCulture, $"{file}:{key.Line}") };
        var kinds = Kinds.Where(_words.ContainsKey).ToList();
        service = kinds switch
        {
            [Container or Compose] => service with { Containers = Selection(kinds[0]) },
            [Upstream] => WithAddresses(service),
            [] when _words.Keys.Any(static name => name.StartsWith(TcpPrefix, StringComparison.Ordinal)) => WithAddresses(service),
            _ => service,
        };
        if (kinds.Count > 1)
        {
            _errors.Add($"{_words[kinds[1]].Place}: {kinds[0]} and {kinds[1]} stand in one service; it takes one of upstream, container "
                + "and compose");
        }
        else if (kinds.Count == 0 && service.Tcp.Count == 0 && _errors.Count == 0)
        {
            _errors.Add($"{key.Place}: nothing says what serves it: set upstream to a URL, container to a container's name, or compose to "
                + "that of a Compose service");
        }

        return service with
        {
            Words =
            [
                .. _words.Where(static word => !Kinds.Contains(word.Key))
                    .Select(static word => new FileWord(word.Key, string.Join(",", word.Value.Values), word.Value.Place)),
            ],
            Errors = _errors.ToEquatableArray(),
        };
    }

    private void Collect(FileMap map)
    {
        foreach (var (key, value) in map.Entries.TakeWhile(_ => _errors.Count < MaxErrors))
        {
            if (key is not FileText { Text: var name })
            {
                _errors.Add($"{key.Place}: here a word is expected, such as upstream, container or allow");
            }
            else if (name == ServiceLabels.Tcp && value is FileMap ports)
            {
                foreach (var (port, target) in ports.Entries.TakeWhile(_ => _errors.Count < MaxErrors))
                {
                    Add($"{TcpPrefix}{(port as FileText)?.Text}", port, target);
                }
            }
            else
            {
                Add(name, key, value);
            }
        }
    }

    private void Add(string name, FileNode key, FileNode value)
    {
        if (name is ServiceLabels.Sleep or ServiceLabels.Wake)
        {
            _errors.Add($"{key.Place}: {name} is for labels: a container that this file names does not sleep");
            return;
        }

        if (!Kinds.Contains(name) && !ServiceLabels.IsKnown(name))
        {
            _errors.Add($"{key.Place}: {Unknown(name)}");
            return;
        }

        var values = value switch
        {
            FileText text => [text.Text],
            FileList list when list.Items.All(static item => item is FileText) =>
                [.. list.Items.Cast<FileText>().Select(static item => item.Text)],
            _ => (string[]?)null,
        };
        if (values is null)
        {
            _errors.Add($"{value.Place}: {Printable.Text(name)} takes a value or a list of values, nothing that has names in it");
        }
        else if (_words.Count == MaxWords)
        {
            _errors.Add($"{key.Place}: the service has more than {MaxWords} words");
        }
        else if (!_words.TryAdd(name, new Word(values, value is FileText { IsNull: true } ? key.Place : value.Place)))
        {
            _errors.Add($"{key.Place}: {Printable.Text(name)} is written twice, first at {_words[name].Place}");
        }
    }

    private string Unknown(string name)
    {
        var shown = Printable.Text(name);
        if (LabelWarnings.IsUdp(name))
        {
            return $"{shown} is refused: {LabelWarnings.WhyNoUdp}";
        }

        var plain = name.StartsWith(prefix + ".", StringComparison.Ordinal) ? name[(prefix.Length + 1)..] : name;
        var meant = ServiceLabels.IsKnown(plain) ? plain
            : NearestName.Of(plain, [.. Kinds, .. ServiceLabels.All.Select(static label => label.Form)]);
        return $"{shown} is no word of a services file" + (meant is null ? "" : $"; did you mean {Printable.Text(meant)}?");
    }

    private ContainerSelection Selection(string kind)
    {
        var (values, place) = _words[kind];
        var good = values
            .Where(value => kind == Container
                ? IsContainer(value.TrimStart('/'))
                : IsName(value.Replace("/", "", StringComparison.Ordinal)))
            .ToList();
        foreach (var bad in values.Except(good))
        {
            _errors.Add($"{place}: {kind}=\"{Printable.Text(bad)}\" is refused: " + (kind == Container
                ? "allowed is the name of a container, "
                    + (engines.Further.Count == 0 ? "or a list of them"
                        : $"that of one of another Engine as ENGINE/NAME ({string.Join(", ", engines.Further)}), or a list of them")
                : "allowed is the name of a Compose service, or PROJECT/SERVICE, or a list of them"));
        }

        if (values.Count == 0)
        {
            _errors.Add($"{place}: {kind} names none");
        }

        RefuseHomeless(kind, good, place);

        return kind == Container
            ? new ContainerSelection { Names = good.Select(static name => name.TrimStart('/')).ToEquatableArray() }
            : new ContainerSelection { ComposeServices = good.Select(ComposeNameOf).ToEquatableArray() };
    }

    // What would never come.
    private void RefuseHomeless(string kind, List<string> values, string place)
    {
        if (engines is { HasHome: false, Further: [var example, ..] }
            && values.Find(value => kind == Compose || !value.TrimStart('/').Contains('/')) is { } homeless)
        {
            _errors.Add($"{place}: {kind}=\"{Printable.Text(homeless)}\" is refused: with DOCKER_HOST=none " + (kind == Container
                ? $"a container is named with its Engine, as {example}/{Printable.Text(homeless.TrimStart('/'))}"
                : $"there are no Compose services; name containers, as container: {example}/NAME"));
        }
    }

    private bool IsContainer(string text) => text.Split('/', 2) is [var engine, var name]
        ? engines.Further.Contains(engine) && IsName(name)
        : IsName(text);

    // As the Engine names containers; Compose's own rule for services is narrower.
    private static bool IsName(string text) => text.Length is > 0 and <= MaxNameLength && char.IsAsciiLetterOrDigit(text[0])
        && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    private static ComposeName ComposeNameOf(string text) =>
        text.Split('/', 2) is [var project, var service] ? new ComposeName(project, service) : new ComposeName(null, text);

    private FileService WithAddresses(FileService service)
    {
        foreach (var name in OfContainers.Where(_words.ContainsKey))
        {
            _errors.Add($"{_words[name].Place}: {name} is refused: it is for containers; the upstream's own address says it");
            _words.Remove(name);
        }

        var upstreams = new List<FileUpstream>();
        var written = _words.GetValueOrDefault(Upstream);
        foreach (var text in written?.Values ?? [])
        {
            if (UpstreamSyntax.ReadUrl(text.Trim(), out var upstream) is { } refusal)
            {
                Refuse(Upstream, text, refusal);
            }
            else
            {
                upstreams.Add(upstream);
            }
        }

        if (written is { Values.Count: 0 })
        {
            _errors.Add($"{written.Place}: {Upstream} names none");
        }

        if (upstreams.Find(other => other.Scheme != upstreams[0].Scheme) is not null)
        {
            _errors.Add($"{written!.Place}: the upstreams of one service have one scheme");
        }

        var tcp = Tcp(upstreams.Count == 1 ? upstreams[0].Host : null);
        if (written is not null)
        {
            // Where nothing could be read, HTTP is asked for all the same, and whatever else stands against it is said too.
            var first = upstreams.Count > 0 ? upstreams[0].Port : 80;
            _words.Add(ServiceLabels.Port, new Word([first.ToString(CultureInfo.InvariantCulture)], written.Place));
        }

        return service with { Upstreams = upstreams.Distinct().ToEquatableArray(), Tcp = tcp };
    }

    // The words themselves then say the port alone, as labels do.
    private EquatableArray<TcpUpstream> Tcp(string? sameHost)
    {
        var tcp = new List<TcpUpstream>();
        foreach (var name in _words.Keys.Where(static name => name.StartsWith(TcpPrefix, StringComparison.Ordinal)).ToList())
        {
            var (values, place) = _words[name];
            _words[name] = new Word(["1"], place);
            foreach (var text in values)
            {
                if (UpstreamSyntax.ReadTcp(text.Trim(), sameHost, out var host, out var port) is { } refusal)
                {
                    Refuse(name, text, refusal);
                }
                else if (PortSyntax.TryParse(name[TcpPrefix.Length..], out var nodePort))
                {
                    tcp.Add(new TcpUpstream(nodePort, host, port));
                }
            }

            if (values.Count == 0)
            {
                _errors.Add($"{place}: {Printable.Text(name)} names no address");
            }
        }

        return tcp.Distinct().OrderBy(static target => target.NodePort).ToEquatableArray();
    }

    private void Refuse(string name, string value, string why)
    {
        // A name and a password before the host are refused, and must not reach the log through this message.
        var shown = value.Contains('@') ? "(not shown, it may hold a password)" : $"\"{Printable.Text(value)}\"";
        _errors.Add($"{_words[name].Place}: {Printable.Text(name)}={shown} is refused: {why}");
    }

    private sealed record Word(IReadOnlyList<string> Values, string Place);
}
