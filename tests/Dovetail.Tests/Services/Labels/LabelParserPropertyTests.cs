using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services.Labels;

public sealed partial class LabelParserPropertyTests
{
    private const int MostErrors = 64;

    /// <summary>
    /// Times four seeds: twenty thousand label sets in seconds, or a million in minutes with <c>DOVETAIL_TEST_FULL=1</c>.
    /// </summary>
    private static readonly int Rounds = Environment.GetEnvironmentVariable("DOVETAIL_TEST_FULL") is { Length: > 0 } ? 250_000 : 5_000;

    private static readonly string[] Keys =
    [
        .. ServiceLabels.All.Select(label => label.Parameter is null ? label.Name : label.Name + "."), "tcp.22", "tcp.443",
        "services.", "services.a", "services.a.", "services..name", "services.a.name", "services.a.port", "services.a.services.b.name",
        "", ".", "nmae",
    ];

    private static readonly string[] Values =
    [
        "", " ", "web", "UPPER", "../x", "80", "0", "99999", "-1", "true", "false", "1", "yes", "no", "http", "h2c", "auto", "on", "trust",
        "15s", "1m", "0", "1h", "128MiB", "1g", "tag:a", "tag:a,", "a@b.c", "*@b.c", "cap:x", ",", "\n", "\0", "\u202e", "\ud800", "日本",
        "99999999999999999999999999h", "9223372036854775807", "1e9", "٣", "Ǆ", "İ",
    ];

    // Where an error text is the longest: five values of 100 characters each, with the label's name and what is allowed.
    private const int LongestText = 3000;

    // The seed is fixed and in the message, so that a failure can be had again.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Of_many_hostile_label_sets_none_throws_and_what_is_accepted_is_sound_and_can_be_written_back(int seed)
    {
        var random = new Random(seed);
        var accepted = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var container = RandomContainer(random);
            var defaults = new ServiceOptions { AllowFunnel = random.Next(2) == 0, Tags = random.Next(2) == 0 ? ["tag:standard"] : [] };

            var result = LabelParser.Parse(container, defaults);

            foreach (var service in result.Services)
            {
                accepted++;
                AssertSound(service);
                AssertWritesBack(service, container, defaults);
            }

            foreach (var text in result.Rejected.Select(refusal => refusal.Reason).Concat(result.Warnings.Select(warning => warning.Text)))
            {
                AssertFitToPrint(text);
            }

            if (result.Rejected.Count > MostErrors || result.Warnings.Count > MostErrors)
            {
                Assert.Fail($"{result.Rejected.Count} refusals, {result.Warnings.Count} warnings for {container.Labels}");
            }
        }

        // The inputs are near enough to good ones to be worth anything.
        Assert.InRange(accepted, Rounds / 50, int.MaxValue);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void The_same_labels_always_mean_the_same(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var container = RandomContainer(random);

            Assert.Equal(LabelParser.Parse(container, new ServiceOptions()), LabelParser.Parse(container, new ServiceOptions()));
        }
    }

    [Fact]
    public void However_long_or_many_the_labels_are_what_is_said_of_them_is_short()
    {
        var hostile = new string('\u202e', 100_000) + "\n\"";
        var labels = Keys.Select(key => new ContainerLabel("dovetail." + key + hostile, hostile))
            .Concat(Keys.Select(key => new ContainerLabel("dovetail." + key, hostile)))
            .Concat(Enumerable.Range(0, 1000).Select(i => new ContainerLabel($"dovetail.services.{i}.name", hostile)))
            .Concat(Enumerable.Range(0, 1000).Select(i => new ContainerLabel($"dovetail.services.{i}.{hostile}", "")));

        var result = LabelParser.Parse(SampleContainer.With() with { Labels = Sorted(labels) }, new ServiceOptions());

        Assert.NotEmpty(result.Rejected);
        Assert.InRange(result.Rejected.Count, 1, MostErrors);
        Assert.InRange(result.Warnings.Count, 0, MostErrors);
        Assert.All(result.Rejected, error => AssertFitToPrint(error.Reason));
        Assert.All(result.Warnings, warning => AssertFitToPrint(warning.Text));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void The_desired_state_depends_on_no_order_and_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var containers = Enumerable.Range(0, random.Next(1, 8)).Select(i => RandomContainer(random) with
            {
                Id = $"{random.Next():x8}{i}",
                Name = $"c{i}",
                Created = DateTimeOffset.UnixEpoch.AddSeconds(random.Next(3)),
            }).ToArray();
            var snapshot = new ContainerSnapshot { Containers = [.. containers] };
            random.Shuffle(containers);

            var state = DesiredState.From(snapshot, new ServiceOptions());

            Assert.Equal(state, DesiredState.From(new ContainerSnapshot { Containers = [.. containers] }, new ServiceOptions()));
            var names = state.Services.Select(service => service.Name).ToList();
            Assert.Equal(names.Distinct().Order(StringComparer.Ordinal), names);
        }
    }

    /// <summary>Values that the label takes, for most of them; a set of labels is refused for a single bad one.</summary>
    private static string[] ValuesFor(string key) => key[(key.LastIndexOf('.') + 1)..] switch
    {
        "name" => ["web", "a-1", "x"],
        "port" or "22" or "443" => ["80", "65535", "1"],
        "enable" or "redirect" or "identity" or "accesslog" or "funnel" or "loadbalance" => ["true", "false", "1", "0"],
        "scheme" => ["http", "HTTPS", "https+insecure", "h2c"],
        "network" => ["web_default", "a.b-c"],
        "tags" => ["tag:a", "tag:b, tag:a", ""],
        "tls" => ["auto", "on", "off"],
        "allow" => ["a@b.c", "*@b.c , cap:x,tag:y", "ada@example.com,ada@example.com"],
        "hold" => ["0", "1h", "1m30s", "0.1ms", "1.5s", "333ns", "59m59.9999999s"],
        "health" => ["wait", "Ignore"],
        "memory" => ["32MiB", "64g", "100000000", "1GB"],
        _ => Values,
    };

    private static Container RandomContainer(Random random)
    {
        var labels = new Dictionary<string, string>();
        for (var i = random.Next(12); i >= 0; i--)
        {
            var key = Pick(random, Keys);
            var prefix = random.Next(20) == 0 ? "" : "dovetail.";
            labels[prefix + Mutate(random, key)] = Mutate(random, Pick(random, random.Next(8) == 0 ? Values : ValuesFor(key)));
        }

        return SampleContainer.With() with
        {
            Name = Pick(random, ["web", "___", "A_b", ""]),
            Labels = Sorted(labels.Select(label => new ContainerLabel(label.Key, label.Value))),
            ExposedTcpPorts = Pick<EquatableArray<int>>(random, [[], [80], [22, 80], [22, 443, 8080]]),
            State = Pick(random, Enum.GetValues<ContainerState>()),
            NetworkMode = Pick(random, ["default", "host", "container:", "container:web", "container:gone"]),
        };
    }

    private static EquatableArray<ContainerLabel> Sorted(IEnumerable<ContainerLabel> labels) =>
        labels.DistinctBy(label => label.Key).OrderBy(label => label.Key, StringComparer.Ordinal).ToEquatableArray();

    private static string Mutate(Random random, string text)
    {
        if (random.Next(12) != 0)
        {
            return text;
        }

        var at = random.Next(text.Length + 1);
        return text[..at] + (char)random.Next(random.Next(2) == 0 ? 0x80 : 0x10000) + text[at..];
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private static void AssertSound(ServiceDeclaration service)
    {
        var isSound = Name().IsMatch(service.Name)
            && service.Port is null or (>= 1 and <= 65535)
            && (service.Port is not null || service.Tcp.Count > 0)
            && service.Hold >= TimeSpan.Zero && service.Hold <= TimeSpan.FromHours(1)
            && service.Tags.All(tag => Tag().IsMatch(tag))
            && service.Tcp.All(tcp => tcp.NodePort is >= 1 and <= 65535 && tcp.ContainerPort is >= 1 and <= 65535);
        if (!isSound)
        {
            Assert.Fail($"Not sound: {service}");
        }
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z")]
    private static partial Regex Name();

    [GeneratedRegex("^tag:[a-zA-Z][a-zA-Z0-9-]*\\z")]
    private static partial Regex Tag();

    /// <summary>Canonical labels of what was accepted are accepted too, and mean the same.</summary>
    private static void AssertWritesBack(ServiceDeclaration service, Container container, ServiceOptions defaults)
    {
        var again = LabelParser.Parse(container with { Labels = Sorted(Write(service)) }, defaults);
        if (again.Rejected.Count > 0 || again.Services.Count != 1 || again.Services[0] != service)
        {
            Assert.Fail(
                $"Does not write back: {service} of {string.Join(", ", container.Labels)}; refused: {string.Join(", ", again.Rejected)}");
        }
    }

    private static IEnumerable<ContainerLabel> Write(ServiceDeclaration service)
    {
        var labels = new Dictionary<string, string?>
        {
            ["name"] = service.Name,
            ["port"] = service.Port?.ToString(CultureInfo.InvariantCulture),
            ["scheme"] = service.Scheme == UpstreamScheme.HttpsInsecure ? "https+insecure" : Word(service.Scheme),
            ["network"] = service.Network,
            ["tags"] = string.Join(',', service.Tags),
            ["tls"] = Word(service.Tls),
            ["redirect"] = Word(service.Redirect),
            ["allow"] = service.Allow.Count > 0 ? string.Join(',', service.Allow.Select(Word)) : null,
            ["identity"] = Word(service.Identity),
            ["headers"] = service.LoginHeaders switch
            {
                LoginHeaders.RemoteUser => "remote-user",
                LoginHeaders.AuthRequest => "x-auth-request",
                LoginHeaders.WebAuth => "x-webauth",
                _ => null,
            },
            ["forwarded"] = Word(service.Forwarded),
            ["forwarded.from"] = service.ForwardedFrom.Count > 0 ? string.Join(',', service.ForwardedFrom.Select(Word)) : null,
            ["redirects"] = service.Redirects == RedirectMode.Keep ? "keep" : null,
            ["accesslog"] = Word(service.AccessLog),
            ["passheaders"] = service.PassHeaders.Count > 0 ? string.Join(',', service.PassHeaders) : null,
            ["funnel"] = Word(service.Funnel),
            ["hold"] = Word(service.Hold),
            ["sleep"] = service.Sleep is { } sleep ? Word(sleep) : null,
            ["wake"] = Word(service.Wake),
            ["health"] = Word(service.Health),
            ["memory"] = service.Memory?.ToString(CultureInfo.InvariantCulture),
            ["loadbalance"] = Word(service.LoadBalance),
        };
        return labels.Where(label => label.Value is not null).Select(label => new ContainerLabel("dovetail." + label.Key, label.Value!))
            .Concat(service.Tcp.Select(tcp => new ContainerLabel(
                $"dovetail.tcp.{tcp.NodePort}", tcp.ContainerPort.ToString(CultureInfo.InvariantCulture))));
    }

    private static string Word(TimeSpan time)
    {
        var (seconds, ticks) = Math.DivRem(time.Ticks, TimeSpan.TicksPerSecond);
        return string.Create(CultureInfo.InvariantCulture, $"{seconds}s{ticks * TimeSpan.NanosecondsPerTick}ns");
    }

    private static string Word(AccessRule rule) => rule switch
    {
        AccessRule.Domain domain => "*@" + domain.Name,
        AccessRule.Capability capability => "cap:" + capability.Name,
        _ => rule.Name,
    };

    private static string Word<T>(T value)
        where T : notnull => value.ToString()!.ToLowerInvariant();

    /// <summary>It is short, and can neither end its line nor hide or turn what follows it.</summary>
    private static void AssertFitToPrint(string text)
    {
        if (text.Length > LongestText || text.EnumerateRunes().Any(rune => !Prints(rune)))
        {
            Assert.Fail($"Not fit to print ({text.Length} characters): {Uri.EscapeDataString(text.Replace('\ud800', '?'))}");
        }
    }

    private static bool Prints(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
