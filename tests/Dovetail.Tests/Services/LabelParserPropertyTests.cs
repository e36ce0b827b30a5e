using Dovetail.Docker;
using Dovetail.Services;

namespace Dovetail.Tests.Services;

public sealed class LabelParserPropertyTests
{
    private static readonly string[] Keys =
    [
        "enable", "name", "port", "scheme", "network", "tags", "tls", "redirect", "allow", "identity", "funnel", "hold", "health", "memory", "loadbalance", "tcp.", "tcp.22",
        "tcp.443", "services.", "services.a", "services.a.", "services..name", "services.a.name", "services.a.port", "services.a.services.b.name", "", ".", "nmae",
    ];

    private static readonly string[] Values =
    [
        "", " ", "web", "UPPER", "../x", "80", "0", "99999", "-1", "true", "false", "1", "yes", "no", "http", "h2c", "auto", "on", "15s", "1m", "0", "1h", "128MiB", "1g", "tag:a", "tag:a,",
        "a@b.c", "*@b.c", "cap:x", ",", "\n", "\0", "\u202e", "\ud800", "日本", "99999999999999999999999999h", "9223372036854775807", "1e9", "٣", "Ǆ", "İ",
    ];

    // The seed is fixed and in the message, so that a failure can be had again.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void No_label_makes_the_parser_throw_and_what_it_accepts_is_sound(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var container = RandomContainer(random);
            var defaults = new ServiceDefaults { AllowFunnel = random.Next(2) == 0 };

            var result = LabelParser.Parse(container, defaults);

            Assert.All(result.Services, AssertSound);
            Assert.All(result.Errors, error => AssertPrintable(error.Reason));
            Assert.All(result.Warnings, warning => AssertPrintable(warning.Text));
            Assert.Equal(result, LabelParser.Parse(container, defaults));
        }
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void The_desired_state_depends_on_no_order_and_never_throws(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var containers = Enumerable.Range(0, random.Next(1, 8)).Select(i => RandomContainer(random) with { Id = $"{random.Next():x8}{i}", Name = $"c{i}", Created = DateTimeOffset.UnixEpoch.AddSeconds(random.Next(3)) }).ToArray();
            var snapshot = new ContainerSnapshot { Containers = [.. containers] };
            random.Shuffle(containers);

            var state = DesiredState.From(snapshot, new ServiceDefaults());

            Assert.Equal(state, DesiredState.From(new ContainerSnapshot { Containers = [.. containers] }, new ServiceDefaults()));
            Assert.Equal(state.Services.Select(service => service.Name).Distinct().Order(StringComparer.Ordinal), state.Services.Select(service => service.Name));
        }
    }

    private static Container RandomContainer(Random random)
    {
        var labels = new Dictionary<string, string>();
        for (var i = random.Next(12); i >= 0; i--)
        {
            labels[(random.Next(20) == 0 ? "" : "dovetail.") + Mutate(random, Pick(random, Keys))] = Mutate(random, Pick(random, Values));
        }

        return SampleContainer.With() with
        {
            Name = Pick(random, ["web", "___", "A_b", ""]),
            Labels = [.. labels.Select(label => new ContainerLabel(label.Key, label.Value)).OrderBy(label => label.Key, StringComparer.Ordinal)],
            ExposedTcpPorts = Pick<EquatableArray<int>>(random, [[], [80], [22, 80], [22, 443, 8080]]),
            State = Pick(random, Enum.GetValues<ContainerState>()),
            NetworkMode = Pick(random, ["default", "host", "container:", "container:web", "container:nobody"]),
        };
    }

    private static string Mutate(Random random, string text)
    {
        if (random.Next(4) != 0)
        {
            return text;
        }

        var at = random.Next(text.Length + 1);
        return text[..at] + (char)random.Next(random.Next(2) == 0 ? 0x80 : 0x10000) + text[at..];
    }

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private static void AssertSound(ServiceDeclaration service)
    {
        Assert.Matches("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", service.Name);
        Assert.True(service.Port is null or (>= 1 and <= 65535));
        Assert.True(service.Port is not null || service.Tcp.Count > 0);
        Assert.InRange(service.Hold, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        Assert.All(service.Tags, tag => Assert.Matches("^tag:[a-zA-Z][a-zA-Z0-9-]*$", tag));
        Assert.All(service.Tcp, tcp => Assert.True(tcp.NodePort is >= 1 and <= 65535 && tcp.ContainerPort is >= 1 and <= 65535));
    }

    private static void AssertPrintable(string text) => Assert.DoesNotContain(text, character => char.IsControl(character) || character is '\u202e' or '\u2028');
}
