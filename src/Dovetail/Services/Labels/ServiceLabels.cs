using System.Collections.Immutable;
using Dovetail.Services.Model;

namespace Dovetail.Services.Labels;

/// <summary>
/// The labels of a service. Reading, known names, hints, and what is said of replicas that differ follow from this table: a new label
/// is one entry here and one property, in <see cref="ServiceSettings"/> if it is the service's, in <see cref="ServiceDeclaration"/> if
/// it is the container's own.
/// </summary>
internal static class ServiceLabels
{
    // The names that messages mention.
    public const string Enable = "enable";
    public const string Name = "name";
    public const string Port = "port";
    public const string Scheme = "scheme";
    public const string Network = "network";
    public const string Tcp = "tcp";
    public const string Tls = "tls";
    public const string Allow = "allow";
    public const string Identity = "identity";
    public const string Funnel = "funnel";
    public const string Headers = "headers";
    public const string Forwarded = "forwarded";
    public const string ForwardedFrom = "forwarded.from";
    public const string PassHeaders = "passheaders";
    public const string LoadBalance = "loadbalance";
    public const string Sleep = "sleep";
    public const string Wake = "wake";

    /// <summary>Followed by an id, a dot and any label of the table.</summary>
    public const string ServicesPrefix = "services.";

    /// <summary>In the order in which they are read, and in which what is wrong with them is said.</summary>
    public static ImmutableArray<ServiceLabel> All { get; } =
    [
        // Read before everything else, by the parser.
        new(Enable, static (_, service) => service),
        Own<string>(Name, NameSyntax.Read, static (s, value) => s with { Name = value }, PlainForm.OfName),
        new(Tcp, ServicePorts.ReadTcp) { Parameter = "port", IsSame = ServicePorts.AreSameOnTailnet },
        // After tcp: a port that goes out as raw TCP is not taken for HTTP.
        new(Port, ServicePorts.ReadHttp) { IsSame = static (one, other) => one.Port is null == other.Port is null },

        // How it is reached, each container says for itself.
        Own(
            Scheme,
            LabelSyntax.OneOf(
                ("http", UpstreamScheme.Http),
                ("https", UpstreamScheme.Https),
                ("https+insecure", UpstreamScheme.HttpsInsecure),
                ("h2c", UpstreamScheme.H2c)),
            static (s, value) => s with { Scheme = value }),
        Own<string?>(Network, LabelSyntax.Network, static (s, value) => s with { Network = value }),

        // The settings of the service.
        Shared("tags", TagSyntax.Read, static s => s.Tags, static (s, value) => s with { Tags = value }),
        Shared(
            Tls,
            LabelSyntax.OneOf(("auto", TlsMode.Auto), ("on", TlsMode.On), ("off", TlsMode.Off)),
            static s => s.Tls,
            static (s, value) => s with { Tls = value }),
        Shared("redirect", LabelSyntax.Bool, static s => s.Redirect, static (s, value) => s with { Redirect = value }),
        Shared(
            "redirects",
            LabelSyntax.OneOf(("rewrite", RedirectMode.Rewrite), ("keep", RedirectMode.Keep)),
            static s => s.Redirects,
            static (s, value) => s with { Redirects = value }),
        Shared(Allow, AllowSyntax.Read, static s => s.Allow, static (s, value) => s with { Allow = value }),
        Shared(Identity, LabelSyntax.Bool, static s => s.Identity, static (s, value) => s with { Identity = value }),
        Shared(
            Headers,
            LabelSyntax.OneOf(
                ("none", LoginHeaders.None),
                ("remote-user", LoginHeaders.RemoteUser),
                ("x-auth-request", LoginHeaders.AuthRequest),
                ("x-webauth", LoginHeaders.WebAuth)),
            static s => s.LoginHeaders,
            static (s, value) => s with { LoginHeaders = value }),
        Shared(
            Forwarded,
            LabelSyntax.OneOf(("set", ForwardedMode.Set), ("off", ForwardedMode.Off), ("trust", ForwardedMode.Trust)),
            static s => s.Forwarded,
            static (s, value) => s with { Forwarded = value }),
        Shared(ForwardedFrom, AllowSyntax.Read, static s => s.ForwardedFrom, static (s, value) => s with { ForwardedFrom = value }),
        Shared(PassHeaders, LabelSyntax.HeaderNames, static s => s.PassHeaders, static (s, value) => s with { PassHeaders = value }),
        Shared(Funnel, LabelSyntax.Bool, static s => s.Funnel, static (s, value) => s with { Funnel = value }),
        Shared("hold", LabelSyntax.Hold, static s => s.Hold, static (s, value) => s with { Hold = value }),
        Shared(
            "health",
            LabelSyntax.OneOf(("wait", HealthMode.Wait), ("ignore", HealthMode.Ignore)),
            static s => s.Health,
            static (s, value) => s with { Health = value }),
        // Where only one has it, neither sleeps, which is said in other words.
        Own<TimeSpan?>(Sleep, LabelSyntax.Sleep, static (s, value) => s with { Sleep = value }) with
        {
            IsSame = static (one, other) => one.Sleep is null || other.Sleep is null || one.Sleep == other.Sleep,
        },
        Shared(Wake, LabelSyntax.Wake, static s => s.Wake, static (s, value) => s with { Wake = value }),
        Shared("accesslog", LabelSyntax.Bool, static s => s.AccessLog, static (s, value) => s with { AccessLog = value }),
        Shared("memory", LabelSyntax.Memory, static s => s.Memory, static (s, value) => s with { Memory = value }),

        // What a container agrees to.
        Own<bool>(LoadBalance, LabelSyntax.Bool, static (s, value) => s with { LoadBalance = value }),
    ];

    public static bool IsKnown(string name) => All.Any(label => label.Covers(name));

    /// <summary>The known label that the writer most likely meant; null when none is near.</summary>
    public static string? Nearest(string name) => NearestName.Of(name, All.Select(static label => label.Form));

    /// <summary>Names of the labels of a service in which two of its containers differ.</summary>
    public static IEnumerable<string> Differing(ServiceDeclaration one, ServiceDeclaration other) =>
        All.Where(label => !label.IsSame(one, other)).Select(static label => label.Name);

    private static ServiceLabel Own<T>(
        string name,
        LabelSyntax<T> syntax,
        Func<ServiceDeclaration, T, ServiceDeclaration> set,
        Func<string, PlainForm?>? plain = null) =>
        new(name, (labels, service) => labels.TryRead(name, syntax, out var value, plain) ? set(service, value) : service);

    private static ServiceLabel Shared<T>(
        string name, LabelSyntax<T> syntax, Func<ServiceSettings, T> get, Func<ServiceDeclaration, T, ServiceDeclaration> set) =>
        Own(name, syntax, set) with { IsSame = (one, other) => EqualityComparer<T>.Default.Equals(get(one), get(other)) };
}
