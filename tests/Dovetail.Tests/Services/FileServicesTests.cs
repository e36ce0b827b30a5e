using Dovetail.Containers;
using Dovetail.Services;
using Dovetail.Services.Files;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Services;

/// <summary>What a services file and the containers want together.</summary>
public sealed class FileServicesTests
{
    private const string Path = "/etc/services.yaml";

    [Fact]
    public void An_address_is_a_service_before_any_container_is_known()
    {
        var state = DesiredState.From(null, new ServiceOptions(), File(
            """
            services:
              home:
                upstream: [http://192.168.1.10:8123, http://ha.lan]
                allow: ada@example.com
                tcp: {22: "192.168.1.10:2222"}
              db:
                tcp: {5432: db.lan:5432}
              gone: {container: gone, port: 80}
            """));

        Assert.Empty(state.Rejected);
        Assert.Empty(state.Warnings);
        Assert.Equal(["db", "home"], state.Services.Select(service => service.Name));
        var (db, home) = (state.Services[0], state.Services[1]);
        Assert.Equal(("/etc/services.yaml:2", true, "ada@example.com"), (home.Origin, home.Http, Assert.Single(home.Allow).Name));
        Assert.Equal(["http://192.168.1.10:8123", "http://ha.lan:80"], home.Upstreams.Select(upstream => upstream.Url));
        Assert.All(home.Upstreams, upstream => Assert.False(upstream.IsContainer));
        Assert.Equal([22], home.TcpPorts);
        Assert.Equal(new TcpUpstream(22, "192.168.1.10", 2222), Assert.Single(home.Upstreams.SelectMany(upstream => upstream.Tcp)));
        Assert.Equal((false, 1), (db.Http, db.TcpPorts.Count));
        Assert.Equal(("db.lan", 5432), (Assert.Single(db.Upstreams).Host, db.Upstreams[0].Port));
    }

    [Fact]
    public void A_container_without_a_label_is_reached_by_its_name_as_one_with_labels()
    {
        var state = Desired(
            "services: {cloud: {container: nextcloud-aio-apache, port: 11000, tags: [tag:a, tag:b]}}",
            SampleContainer.Named("nextcloud-aio-apache", 0), SampleContainer.Named("other", 0));

        var service = Assert.Single(state.Services);
        Assert.Equal(("cloud", "/etc/services.yaml:1"), (service.Name, service.Origin));
        Assert.Equal(["tag:a", "tag:b"], service.Tags);
        var upstream = Assert.Single(service.Upstreams);
        Assert.Equal(
            ("nextcloud-aio-apache", "http://172.17.0.2:11000", true), (upstream.ContainerName, upstream.Url, upstream.IsContainer));
        Assert.Empty(state.Rejected);
    }

    [Theory]
    [InlineData("shop/web", 2)]
    [InlineData("web", 3)]
    [InlineData("other/web", 1)]
    [InlineData("[shop/web, other/web]", 3)]
    [InlineData("shop/db", 0)]
    public void Containers_of_a_compose_service_serve_together(string compose, int upstreams)
    {
        var state = Desired(
            $"services: {{web: {{compose: {compose}, port: 80}}}}",
            Replica("shop", 1), Replica("shop", 2), Replica("other", 1), Replica("shop", 3, "com.docker.compose.oneoff=True"));

        Assert.Equal(upstreams, state.Services.SelectMany(service => service.Upstreams).Count());
        Assert.Equal(upstreams == 0 ? 1 : 0, state.Warnings.Count);
        Assert.Empty(state.Rejected);
    }

    [Fact]
    public void A_container_that_is_not_there_is_said_and_everything_else_about_it_is_looked_at()
    {
        var state = Desired(
            """
            services:
              cloud: {container: nextcloud, port: 80}
              bad: {container: nextcloud, port: 80, allow: nobody}
            """);

        Assert.Empty(state.Services);
        Assert.Equal(
            new ContainerWarning("/etc/services.yaml:2", "cloud", "no container named nextcloud runs; the service begins with it"),
            Assert.Single(state.Warnings));
        var refusal = Assert.Single(state.Rejected);
        Assert.Equal(("/etc/services.yaml:3", "bad"), (refusal.Container, refusal.Service));
        Assert.StartsWith("line 3, column 48: allow=\"nobody\" is refused: ", refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_of_a_service_is_said_with_its_place()
    {
        var refusal = Assert.Single(Desired(
            """
            services:
              Web:
                upstream: http://127.83.0.1
                alow: x
                hold: soon
            """).Rejected);

        Assert.Equal(("/etc/services.yaml:2", null), (refusal.Container, refusal.Service));
        Assert.Contains("line 4, column 5: alow is no word", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("line 3, column 15: upstream=\"http://127.83.0.1\" is refused", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("line 2, column 3: name=\"Web\" is refused", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("did you mean \"web\"?", refusal.Reason, StringComparison.Ordinal);
        Assert.Contains("line 5, column 11: hold=\"soon\" is refused", refusal.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("upstream: http://a, tcp: {443: \"a:443\"}", "line 1, column 47: tcp.443 is refused: ports 80 and 443")]
    [InlineData("upstream: http://a, funnel: true", "this daemon does not allow Funnel")]
    [InlineData("upstream: http://a, allow: []", "allow=\"\" is refused")]
    [InlineData("upstream: http://a, allow: ~", "allow=\"\" is refused")]
    [InlineData("container: web", "port is missing, and the container exposes several TCP ports (80, 8080)")]
    [InlineData("container: web, port: http", "port=\"http\" is refused")]
    [InlineData("tcp: {x: \"a:1\"}", "tcp.x is refused: after tcp. comes the port on the tailnet")]
    public void The_rules_are_those_of_labels(string service, string expected)
    {
        var web = SampleContainer.Named("web", 0) with { ExposedTcpPorts = [80, 8080] };

        var state = Desired($"services: {{a: {{{service}}}}}", web);

        Assert.Contains(expected, Assert.Single(state.Rejected).Reason, StringComparison.Ordinal);
        Assert.Empty(state.Services);
    }

    [Fact]
    public void The_file_comes_before_labels_and_who_wanted_its_name_is_told_so()
    {
        var state = Desired(
            "services: {web: {upstream: http://192.168.1.10}}",
            SampleContainer.Named("old", 0, "dovetail.name=web", "dovetail.port=80"));

        Assert.Equal("http://192.168.1.10:80", Assert.Single(Assert.Single(state.Services).Upstreams).Url);
        var refusal = Assert.Single(state.Rejected);
        Assert.Equal(("old", "web"), (refusal.Container, refusal.Service));
        Assert.StartsWith(
            "the name web belongs to /etc/services.yaml:1, and a services file comes before labels",
            refusal.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_with_labels_that_is_named_as_well_serves_both_names()
    {
        var state = Desired(
            "services: {shop: {container: web, port: 8080}}",
            SampleContainer.Named("web", 0, "dovetail.name=web", "dovetail.port=80"));

        Assert.Equal(
            ["shop http://172.17.0.2:8080", "web http://172.17.0.2:80"],
            state.Services.Select(service => $"{service.Name} {service.Upstreams[0].Url}"));
        Assert.Empty(state.Rejected);
    }

    [Theory]
    [InlineData("")]
    [InlineData(", loadbalance: true")]
    public void Where_a_containers_labels_want_the_same_name_the_file_holds(string more)
    {
        var state = Desired(
            $"services: {{web: {{container: web, port: 8080{more}}}}}",
            SampleContainer.Named("web", 0, "dovetail.name=web", "dovetail.port=80", "dovetail.loadbalance=true"));

        Assert.Equal("http://172.17.0.2:8080", Assert.Single(Assert.Single(state.Services).Upstreams).Url);
        Assert.Contains("/etc/services.yaml:1", Assert.Single(state.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_and_a_container_that_both_agree_share_the_requests()
    {
        var state = Desired(
            "services: {web: {upstream: http://192.168.1.10, loadbalance: true}}",
            SampleContainer.Named("web", 0, "dovetail.name=web", "dovetail.port=80", "dovetail.loadbalance=true"));

        Assert.Equal(2, Assert.Single(state.Services).Upstreams.Count);
        Assert.Empty(state.Rejected);
    }

    [Fact]
    public void Of_two_entries_for_one_name_the_first_holds()
    {
        var state = Desired("services:\n  a: {name: web, upstream: http://a}\n  b: {name: web, upstream: http://b}\n");

        Assert.Equal("a", Assert.Single(Assert.Single(state.Services).Upstreams).Host);
        Assert.Equal(
            new RejectedContainer(
                "/etc/services.yaml:3",
                "web",
                "the name web belongs to /etc/services.yaml:2, which comes first: give this service another name"),
            Assert.Single(state.Rejected));
    }

    [Fact]
    public void An_entry_that_is_turned_off_is_no_service() =>
        Assert.Empty(Desired("services: {web: {upstream: http://a, enable: false}}").Services);

    [Fact]
    public void The_dashboards_name_is_not_for_the_file()
    {
        var options = new ServiceOptions { Own = new ServiceSpec { Name = "home", IsOwn = true } };

        var state = DesiredState.From(new ContainerSnapshot(), options, File("services: {home: {upstream: http://a}}"));

        Assert.True(Assert.Single(state.Services).IsOwn);
        Assert.Contains("give this service another name", Assert.Single(state.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_named_container_that_has_ended_is_said_of_its_service()
    {
        var ended = SampleContainer.Named("web", 0) with { State = ContainerState.Exited, ExitCode = 3 };

        var state = DesiredState.From(
            new ContainerSnapshot { Ended = [ended] }, new ServiceOptions(), File("services: {shop: {container: web, port: 80}}"));

        var (name, containers) = Assert.Single(state.Ended);
        Assert.Equal(("shop", "web", 3), (name, Assert.Single(containers).ContainerName, containers[0].ExitCode));
    }

    [Fact]
    public void What_is_wrong_with_the_file_itself_is_listed_under_its_path()
    {
        var file = File("services: {web: {upstream: http://a}}\nother: 1\n").With("broken") with { Warnings = ["open to all"] };

        var state = DesiredState.From(new ContainerSnapshot(), new ServiceOptions(), file);

        Assert.Single(state.Services);
        Assert.All(state.Rejected, refusal => Assert.Equal((Path, null), (refusal.Container, refusal.Service)));
        Assert.Contains(state.Rejected, refusal => refusal.Reason == "broken; until it is mended, what it said before holds");
        Assert.Equal(new ContainerWarning(Path, null, "open to all"), Assert.Single(state.Warnings));
    }

    [Theory]
    [InlineData("services: {bank: {container: gone, port: 80, allow: ada@example.com}}")]
    [InlineData("services: {bank: {upstream: http://a, alow: ada@example.com}}")]
    [InlineData("services: {bank: {container: gone, port: 80, loadbalance: true}}")]
    public void A_name_of_the_file_is_no_containers_though_nothing_serves_it(string file)
    {
        string[] labels = ["dovetail.name=bank", "dovetail.port=80", "dovetail.sleep=30m"];
        var running = Desired(file, SampleContainer.Named("thief", 0, labels));
        var asleep = DesiredState.From(
            new ContainerSnapshot { Asleep = [SampleContainer.Named("thief", 0, labels) with { State = ContainerState.Exited }] },
            new ServiceOptions { AllowStart = true },
            File(file));

        Assert.All((DesiredState[])[running, asleep], state =>
        {
            Assert.Empty(state.Services);
            Assert.Contains(
                state.Rejected,
                refusal => (refusal.Container, refusal.Service) == ("thief", "bank")
                    && refusal.Reason.Contains("a services file comes before labels", StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData("services:\n  one: {name: bank, upstream: http://a, alow: ada@example.com}\n  two: {name: bank, upstream: http://b}\n")]
    [InlineData("services:\n  one: {name: bank, container: gone, port: 80}\n  two: {name: bank, upstream: http://b}\n")]
    public void The_second_entry_of_a_name_does_not_serve_while_the_first_does_not(string file)
    {
        var state = Desired(file);

        Assert.Empty(state.Services);
        Assert.Contains(
            state.Rejected,
            refusal => refusal.Container == "/etc/services.yaml:3"
                && refusal.Reason == "the name bank belongs to /etc/services.yaml:2, which comes first: give this service another name");
    }

    [Fact]
    public void An_entry_that_is_switched_off_is_nobodys_first()
    {
        var state = Desired(
            "services:\n  one: {name: bank, upstream: http://a, enable: false}\n  two: {name: bank, container: gone, port: 80}\n",
            SampleContainer.Named("thief", 0, "dovetail.name=bank", "dovetail.port=80"));

        Assert.Empty(state.Services);
        Assert.Contains(":3, and a services file comes before labels", Assert.Single(state.Rejected).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("services: {bank: {container: gone, port: 80, loadbalance: true}}")]
    [InlineData("services: {bank: {container: gone, port: 80, enable: false}}")]
    public void A_name_that_is_shared_or_switched_off_is_free(string file) =>
        Assert.Single(Desired(
            file, SampleContainer.Named("other", 0, "dovetail.name=bank", "dovetail.port=80", "dovetail.loadbalance=true")).Services);

    [Theory]
    [InlineData("dovetail.sleep=30m")]
    [InlineData("dovetail.sleep=30m", "dovetail.name=admin", "dovetail.port=81")]
    public void A_container_that_the_file_names_does_not_sleep(params string[] labels)
    {
        var state = DesiredState.From(
            SampleContainer.Snapshot(OwnLocation.OnHost, SampleContainer.Named("db", 0, labels)),
            new ServiceOptions { AllowStart = true },
            File("services: {pg: {container: db, port: 80}}"));

        Assert.All(state.Services, service => Assert.Null(service.Sleep));
        Assert.Contains(
            state.Warnings,
            warning => warning.Text == "dovetail.sleep has no effect: the services file names this container");
    }

    [Fact]
    public void Words_of_sleeping_are_refused() => Assert.Contains(
        "does not sleep",
        Assert.Single(Desired("services: {pg: {container: db, port: 80, sleep: 30m}}").Rejected).Reason,
        StringComparison.Ordinal);

    private static Container Replica(string project, int number, params string[] labels) => SampleContainer.Named(
        $"{project}-web-{number}", number, [$"com.docker.compose.project={project}", "com.docker.compose.service=web", .. labels]);

    private static DesiredState Desired(string file, params Container[] containers) =>
        DesiredState.From(SampleContainer.Snapshot(OwnLocation.OnHost, containers), new ServiceOptions(), File(file));

    private static ServicesFile File(string text) => ServicesFileReader.Read(text, new ServicesFile(Path), "dovetail");
}
