using Dovetail.Services.Files;

namespace Dovetail.Tests.Services.Files;

/// <summary>What the text of a services file says, and what of it is refused.</summary>
public sealed class ServicesFileReaderTests
{
    private const string Good = """
        # What is no container.
        x-common: &common
          allow: ["*@example.com", tag:ops]
          hold: 5s
        services:
          home-assistant:
            upstream: http://192.168.1.10:8123
            <<: *common
          nas:
            upstream: [ https+insecure://nas.lan:5001, "https+insecure://[fd00::10]" ]
            tcp:
              22: 192.168.1.20:22
              3000: [192.168.1.20:3000, nas.lan:3001]
            tls: off
          nextcloud:
            container: nextcloud-aio-apache
            port: 11000
          photos:
            compose: [immich/server, other]
            tcp.5432: 5432
        """;

    [Fact]
    public void Every_form_that_is_documented_is_read()
    {
        var file = Read(Good);

        Assert.Null(file.Problem);
        Assert.Empty(file.Mistakes);
        Assert.All(file.Services, service => Assert.Empty(service.Errors));
        Assert.Equal(["home-assistant", "nas", "nextcloud", "photos"], file.Names);
        var (home, nas, nextcloud, photos) = (file.Services[0], file.Services[1], file.Services[2], file.Services[3]);
        Assert.Equal("/etc/services.yaml:6", home.Origin);
        Assert.Equal("*@example.com,tag:ops", Word(home, "allow"));
        Assert.Equal("5s", Word(home, "hold"));
        Assert.Equal(["192.168.1.10:8123"], home.Upstreams.Select(upstream => $"{upstream.Host}:{upstream.Port}"));
        Assert.Equal(["nas.lan:5001", "fd00::10:443"], nas.Upstreams.Select(upstream => $"{upstream.Host}:{upstream.Port}"));
        Assert.Equal(
            ["22 192.168.1.20:22", "3000 192.168.1.20:3000", "3000 nas.lan:3001"],
            nas.Tcp.Select(tcp => $"{tcp.NodePort} {tcp.Host}:{tcp.Port}"));
        Assert.Equal("off", Word(nas, "tls"));
        Assert.Equal(["nextcloud-aio-apache"], nextcloud.Containers.Names);
        Assert.Equal("11000", Word(nextcloud, "port"));
        Assert.Equal(["immich/server", "other"], photos.Containers.ComposeServices.Select(service => service.ToString()));
        Assert.Equal("5432", Word(photos, "tcp.5432"));
    }

    [Theory]
    [InlineData("alow: x", "line 3, column 5: alow is no word of a services file; did you mean allow?")]
    [InlineData("dovetail.allow: x", "line 3, column 5: dovetail.allow is no word of a services file; did you mean allow?")]
    [InlineData("contaner: x", "did you mean container?")]
    [InlineData("udp: 53", "udp is refused: a tailscaled in userspace mode passes no UDP")]
    [InlineData("allow: {a: b}", "line 3, column 12: allow takes a value or a list of values")]
    [InlineData("allow: [[a]]", "allow takes a value or a list of values")]
    [InlineData("port: 80", "line 3, column 11: port is refused: it is for containers")]
    [InlineData("container: web", "upstream and container stand in one service")]
    [InlineData("hold: 5s\n    hold: 6s", "line 4, column 5: hold is written twice, first at line 3, column 11")]
    [InlineData("tcp: {22: [22, x]}", "line 3, column 15: tcp.22=\"x\" is refused")]
    [InlineData("[a, b]: c", "line 3, column 5: here a word is expected")]
    internal void A_mistake_is_said_with_its_place_and_leaves_all_other_services_alone(string word, string expected)
    {
        var file = Read($"services:\n  bad:\n    {word}\n    upstream: http://192.168.1.10\n  good:\n    upstream: http://192.168.1.11\n");

        Assert.Null(file.Problem);
        Assert.Contains(expected, Assert.Single(file.Services[0].Errors), StringComparison.Ordinal);
        Assert.Empty(file.Services[1].Errors);
    }

    [Theory]
    [InlineData("bad:", "line 2, column 7: the service says nothing")]
    [InlineData("bad: http://192.168.1.10", "the service says nothing")]
    [InlineData("bad: {allow: x}", "line 2, column 3: nothing says what serves it")]
    [InlineData("bad: {upstream: []}", "upstream names none")]
    [InlineData("bad: {container: []}", "container names none")]
    [InlineData("bad: {container: ../x}", "container=\"../x\" is refused: allowed is the name of a container")]
    [InlineData("bad: {compose: a b}", "compose=\"a b\" is refused")]
    [InlineData("bad: {tcp: {22: 22}}", "allowed is HOST:PORT")]
    [InlineData("bad: {upstream: [http://a, https://b]}", "one scheme")]
    [InlineData("bad: {upstream: \"http://me:secret@nas\"}", "upstream=(not shown, it may hold a password) is refused")]
    public void A_service_that_says_no_way_to_it_is_refused(string service, string expected)
    {
        var read = Assert.Single(Read($"services:\n  {service}\n").Services);

        Assert.Contains(expected, string.Join("; ", read.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service:\n  web: {upstream: http://a}", "line 1, column 1: service is no part of a services file; did you mean services?")]
    [InlineData("", "the file is empty")]
    [InlineData("# nothing\n", "the file is empty")]
    [InlineData("services:\n", "services says nothing; if there are to be none, write services: {}")]
    [InlineData("services: [a]", "line 1, column 11: below services stand names")]
    [InlineData("- a", "the file has to begin with services:")]
    [InlineData("services:\n  web:\n    allow: \"*@exam", "this is no YAML")]
    [InlineData("services:\n\tweb: {}", "this is no YAML")]
    [InlineData("services: {a: *b}", "line 1, column 15: there is no &b before this")]
    [InlineData("\0\u0001\u0002", "the file has to begin with services:")]
    public void A_text_of_which_nothing_can_be_taken_leaves_what_held_before(string text, string expected)
    {
        var before = Read(Good);

        var file = ServicesFileReader.Read(text, before, "dovetail");
        var first = Read(text);

        Assert.Contains(expected, file.Problem, StringComparison.Ordinal);
        Assert.EndsWith("until it is mended, what it said before holds", file.Problem, StringComparison.Ordinal);
        Assert.Equal(before.Services, file.Services);
        Assert.False(first.IsKnown);
        Assert.EndsWith("until it is mended, it gives no service", first.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void No_services_are_said_by_an_empty_mapping()
    {
        var file = Read("services: {}");

        Assert.Equal((true, null, 0), (file.IsKnown, file.Problem, file.Services.Count));
    }

    [Theory]
    [InlineData("services: {a: {upstream: http://a}}\nother: 1\n", "line 2, column 1: other is no part of a services file")]
    [InlineData("services: {a: {upstream: http://a}}\nservices: {b: {}}\n", "line 2, column 1: services is written twice")]
    [InlineData("services: {a: {upstream: http://a}}\n---\nservices: {}\n", "line 2, column 1: a second document begins here")]
    public void What_is_beside_the_services_is_said_and_changes_nothing(string text, string expected)
    {
        var file = Read(text);

        Assert.Contains(expected, Assert.Single(file.Mistakes), StringComparison.Ordinal);
        Assert.Equal("a", Assert.Single(file.Names));
    }

    [Fact]
    public void Services_beyond_256_are_refused_and_those_before_are_read()
    {
        var services = Enumerable.Range(0, 5000).Select(n => $"  s{n}:\n    upstream: http://192.168.1.10:{n + 1}\n");

        var file = Read("services:\n" + string.Concat(services));

        Assert.Equal(256, file.Services.Count);
        Assert.StartsWith("line 514, column 3: the file has 5000 services", Assert.Single(file.Mistakes), StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_refused_at_a_few_levels() =>
        Assert.Contains("nested deeper than 20 levels", Read("services: " + new string('[', 500_000)).Problem, StringComparison.Ordinal);

    [Theory]
    // "Billion laughs": as values, and as what is merged.
    [InlineData("[", "]", ", ", "hold: *", "takes a value or a list of values")]
    [InlineData("{<<: [", "]}", ", ", "<<: *", "")]
    public void Aliases_of_aliases_are_read_in_no_time(string open, string close, string between, string use, string expected)
    {
        var text = new System.Text.StringBuilder("x-a0: &a0 {upstream: http://192.168.1.10}\n");
        for (var level = 1; level < 60; level++)
        {
            text.Append($"x-a{level}: &a{level} {open}{string.Join(between, Enumerable.Repeat($"*a{level - 1}", 10))}{close}\n");
        }

        text.Append($"services:\n  bomb: {{{use}a59}}\n  web: {{upstream: http://192.168.1.10}}\n");
        var begun = System.Diagnostics.Stopwatch.GetTimestamp();

        var file = Read(text.ToString());

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begun) < TimeSpan.FromSeconds(10));
        Assert.Equal(["bomb", "web"], file.Names);
        Assert.Contains(expected, string.Join("; ", file.Services[0].Errors), StringComparison.Ordinal);
        Assert.Empty(file.Services[1].Errors);
    }

    [Fact]
    public void A_mapping_that_merges_itself_ends() =>
        Assert.Equal("web", Assert.Single(Read("services:\n  web: &me\n    <<: *me\n    upstream: http://a\n").Names));

    [Fact]
    public void Every_beginning_of_a_file_and_every_garbled_one_is_read_or_refused_and_never_throws()
    {
        var random = new Random(20261130);
        for (var length = 0; length < Good.Length; length++)
        {
            AssertSound(Read(Good[..length]));
        }

        for (var round = 0; round < 3000; round++)
        {
            var text = Good.ToCharArray();
            for (var change = 0; change < 1 + (round % 8); change++)
            {
                text[random.Next(text.Length)] = "\0\t\n\r :-[]{}&*!|>'\"%@`#,?<~\\\ud800é\u2028\u0085xX0"[random.Next(34)];
            }

            AssertSound(Read(new string(text)));
        }

        static void AssertSound(ServicesFile file)
        {
            Assert.Equal(file.IsKnown, file.Problem is null);
            Assert.All(
                file.Services.SelectMany(service => service.Errors).Concat(file.Mistakes).Append(file.Problem ?? ""),
                said => Assert.DoesNotContain(said, character => character is '\n' or '\r' or '\0'));
        }
    }

    private static ServicesFile Read(string text) => ServicesFileReader.Read(text, new ServicesFile("/etc/services.yaml"), "dovetail");

    private static string Word(FileService service, string name) => Assert.Single(service.Words, word => word.Name == name).Value;
}
