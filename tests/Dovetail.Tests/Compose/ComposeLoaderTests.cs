using Dovetail.Compose;
using Dovetail.Containers;

namespace Dovetail.Tests.Compose;

/// <summary>
/// Several files as one project. What is expected follows from the Compose specification: "Merge and override" (13), "Include" (14), "extends" and
/// "Merging service definitions" (05), "Interpolation" (12).
/// </summary>
public sealed class ComposeLoaderTests
{
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _missing = new(StringComparer.Ordinal);

    // 05: "Keys in mappings of the main service definition override keys in mappings of the referenced service definition", and "the same
    // output is produced if array syntax is used".
    [Theory]
    [InlineData("{dovetail.name: base, dovetail.port: 80, team: a}", "{dovetail.name: web, dovetail.scheme: https}")]
    [InlineData("[dovetail.name=base, dovetail.port=80, team=a]", "{dovetail.name: web, dovetail.scheme: https}")]
    [InlineData("{dovetail.name: base, dovetail.port: 80, team: a}", "[dovetail.name=web, dovetail.scheme=https]")]
    public void Labels_of_a_service_override_those_of_the_one_that_it_extends(string former, string latter)
    {
        var web = Load($$"""
            services:
              base:
                profiles: [never]
                labels: {{former}}
              web:
                extends: {service: base}
                labels: {{latter}}
                profiles: []
            """, "COMPOSE_PROFILES=never").Container("web");

        Assert.Equal(
            ["dovetail.name=web", "dovetail.port=80", "dovetail.scheme=https", "team=a"],
            web.Labels.Where(label => !label.Key.StartsWith("com.docker.", StringComparison.Ordinal))
                .Select(label => $"{label.Key}={label.Value}"));
    }

    // 05: "Sequences: Items are combined together into a new sequence"; "Scalars: Keys in the main service definition take precedence".
    [Fact]
    public void Ports_come_together_and_texts_are_replaced()
    {
        var web = Load("""
            services:
              base: {container_name: base, ports: ["8080:80"], expose: ["81"]}
              web:
                extends: base
                container_name: front
                ports: ["8443:443", "8080:80"]
                expose: ["82"]
            """).Container("front");

        Assert.Equal([80, 81, 82, 443], web.ExposedTcpPorts);
        Assert.Equal([new PublishedPort(80, "", 8080), new PublishedPort(443, "", 8443)], web.PublishedTcpPorts);
    }

    [Fact]
    public void Networks_come_together_in_either_form()
    {
        var web = Load("""
            services:
              base: {networks: [front]}
              web: {extends: {service: base}, networks: {back: {ipv4_address: 10.0.0.5}, front: {ipv4_address: 10.0.1.5}}}
            networks: {front: {name: front}, back: {name: back}}
            """).Container("web");

        Assert.Equal(["back 10.0.0.5", "front 10.0.1.5"], web.Networks.Select(network => $"{network.Name} {network.Address}"));
    }

    [Fact]
    public void A_chain_through_other_files_is_followed_from_where_each_of_them_lies()
    {
        _files["/work/common/base.yaml"] = """
            services:
              app: {extends: {file: deep/root.yaml, service: root}, labels: {b: "2", c: "2"}}
            """;
        _files["/work/common/deep/root.yaml"] = "services: {root: {labels: {a: \"1\", b: \"1\", c: \"1\"}}}";
        var web = Load("services: {web: {extends: {file: ../common/base.yaml, service: app}, labels: {c: \"3\"}}}").Container("web");

        Assert.Equal(("1", "2", "3"), (web.Label("a"), web.Label("b"), web.Label("c")));
    }

    [Fact]
    public void The_same_name_in_another_file_is_no_circle()
    {
        _files["/work/other.yaml"] = "services: {web: {labels: {a: \"1\"}}}";

        Assert.Equal("1", Load("services: {web: {extends: {file: ../other.yaml, service: web}}}").Container("web").Label("a"));
    }

    // 05: "Circular references with extends are not supported, Compose returns an error when one is detected."
    [Fact]
    public void Services_that_extend_each_other_are_named()
    {
        _files["/work/app/other.yaml"] = "services:\n  b:\n    extends: {file: compose.yaml, service: a}";
        var message = Fails("services:\n  a:\n    extends:\n      file: other.yaml\n      service: b");

        Assert.Equal(
            "/work/app/compose.yaml, line 4: services extend each other: a (/work/app/compose.yaml) extends b (/work/app/other.yaml) "
            + "extends a (/work/app/compose.yaml)",
            message);
    }

    // 05: "Compose returns an error if the service denoted by service is not found, the Compose file denoted by file is not found".
    [Theory]
    [InlineData("services:\n  web:\n    extends: base", "line 3: service web extends base, which /work/app/compose.yaml does not have")]
    [InlineData("services:\n  web:\n    extends: {file: no.yaml, service: x}", "compose.yaml, line 3: there is no file /work/app/no.yaml")]
    [InlineData("services:\n  web:\n    extends: {file: a.yaml}", "compose.yaml, line 3: service web: extends names no service")]
    [InlineData("include:\n  - no.yaml", "compose.yaml, line 2: there is no file /work/app/no.yaml")]
    [InlineData("include: no.yaml", "compose.yaml, line 1: include has to be a list")]
    [InlineData("include:\n  - {env_file: x}", "compose.yaml, line 2: include names no path")]
    [InlineData("include:\n  - oci://example.com/app", "line 2: include of oci://example.com/app, which is on another machine, is not")]
    [InlineData("include:\n- path: part.yaml\n  env_file: no.env", "compose.yaml, line 3: there is no file /work/app/no.env")]
    [InlineData("services:\n  web:\n    networks: [back]", "compose.yaml, line 3: service web is on the network back, which networks:")]
    [InlineData("services:\n  web:\n    label_file: x", "compose.yaml, line 3: label_file (service web) is not read here")]
    [InlineData("services:\n  web:\n    labels:\n      dovetail.name: ${", "compose.yaml, line 4: ")]
    [InlineData("services: {b: {ports: ['80']}, web: {extends: b, ports: {a: b}}}", "services.*.ports is a mapping here and a list in")]
    [InlineData("services: {b: {networks: {}}, web: {extends: b, network_mode: host}}", null)]
    [InlineData("services: {b: {networks: [default]}, web: {extends: b, network_mode: host}}", "has networks and a network_mode")]
    [InlineData("x: &a [*a]\nservices: {}", "holds itself")]
    public void What_cannot_be_resolved_is_an_error_with_its_place(string text, string? expected)
    {
        _files["/work/app/part.yaml"] = "services: {part: {}}";
        if (expected is null)
        {
            _ = Load(text);
            return;
        }

        Assert.Contains(expected, Fails(text), StringComparison.Ordinal);
    }

    // 14: "all resources definitions are copied into the current Compose application model"; "include applies recursively".
    [Fact]
    public void What_is_included_is_part_of_the_project()
    {
        _files["/work/app/parts/db.yaml"] = """
            name: other
            include: [more/cache.yaml]
            services: {db: {networks: [back], labels: {a: b}}}
            networks: {back: {}}
            """;
        _files["/work/app/parts/more/cache.yaml"] = "services: {cache: {}}";
        var project = Load("""
            include: [parts/db.yaml]
            services:
              web: {networks: [back]}
              copy: {extends: db}
            """);

        Assert.Equal(
            ["app-cache-1", "app-copy-1", "app-db-1", "app-web-1"], project.Containers.Select(container => container.Name).Order());
        Assert.Equal(["app_back"], project.Container("web").Networks.Select(network => network.Name));
        Assert.Equal("b", project.Container("copy").Label("a"));
    }

    // 14: "The file is loaded with the parent folder as the project directory, and an optional .env file"; "The local project's environment
    // has precedence".
    [Theory]
    [InlineData("- ../shared/part.yaml", "own shared")]
    [InlineData("- {path: ../shared/part.yaml, project_directory: ../elsewhere}", "own elsewhere")]
    [InlineData("- {path: ../shared/part.yaml, env_file: [first.env, second.env]}", "own second")]
    [InlineData("- {path: ../shared/part.yaml, env_file: /dev/null}", "own ")]
    public void Variables_come_from_the_included_project_unless_the_including_one_has_them(string include, string expected)
    {
        _files["/work/shared/part.yaml"] = "services: {part: {labels: {a: \"$OWN $THEIRS\"}}}";
        _files["/work/shared/.env"] = "OWN=no\nTHEIRS=shared";
        _files["/work/elsewhere/.env"] = "THEIRS=elsewhere";
        _files["/work/app/first.env"] = "THEIRS=first";
        _files["/work/app/second.env"] = "THEIRS=second";

        var project = Load($"include:\n{include}\nservices: {{web: {{labels: {{a: \"$OWN $THEIRS\"}}}}}}", "OWN=own");

        Assert.Equal(expected, project.Container("part").Label("a"));
        Assert.Equal("own ", project.Container("web").Label("a"));
        Assert.Equal(["THEIRS"], _missing);
    }

    [Fact]
    public void A_project_directory_says_where_its_own_paths_start()
    {
        _files["/work/shared/part.yaml"] = "services: {part: {extends: {file: base.yaml, service: base}}}";
        _files["/work/elsewhere/base.yaml"] = "services: {base: {labels: {a: b}}}";

        Assert.Equal("b", Load("include: [{path: ../shared/part.yaml, project_directory: ../elsewhere}]").Container("part").Label("a"));
    }

    // 14: "path can be … a list of strings when multiple Compose files need to be merged together".
    [Fact]
    public void A_list_of_paths_is_merged_before_it_is_included()
    {
        _files["/work/shared/part.yaml"] = "services: {part: {labels: {a: \"1\", b: \"1\"}, ports: ['80']}}";
        _files["/work/app/change.yaml"] = "services: {part: {labels: {a: \"2\"}, ports: !reset []}}";
        var part = Load("include: [{path: [../shared/part.yaml, change.yaml]}]").Container("part");

        Assert.Equal(("2", "1", 0), (part.Label("a"), part.Label("b"), part.ExposedTcpPorts.Count));
    }

    // 14: "displays a warning if resource names conflict and doesn't try to merge them".
    [Fact]
    public void What_two_files_define_differently_is_refused_and_what_they_define_alike_is_one()
    {
        _files["/work/app/one.yaml"] = "services:\n  a: {image: x}\nnetworks: {shared: {external: true}}";
        _files["/work/app/two.yaml"] = "services: {b: {image: x}}\nnetworks: {shared: {external: true}}";
        _files["/work/app/three.yaml"] = "services:\n  a: {image: z}";

        Assert.Equal(2, Load("include: [one.yaml, two.yaml, one.yaml]").Containers.Count);
        Assert.StartsWith(
            "/work/app/compose.yaml, line 1: what is included defines services.a (/work/app/one.yaml, line 2), and so does "
            + "/work/app/compose.yaml, line 3: ",
            Fails("include: [one.yaml]\nservices:\n  a: {image: y}"), StringComparison.Ordinal);
        Assert.Contains("services.a (/work/app/three.yaml, line 2)", Fails("include: [one.yaml, three.yaml]"), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_include_each_other_are_named()
    {
        _files["/work/app/one.yaml"] = "include: [two.yaml]";
        _files["/work/app/two.yaml"] = "include:\n  - ./one.yaml";

        Assert.Equal(
            "/work/app/two.yaml, line 2: files include each other: /work/app/compose.yaml includes /work/app/one.yaml includes "
            + "/work/app/two.yaml includes /work/app/./one.yaml",
            Fails("include: [one.yaml]"));
    }

    [Fact]
    public void A_file_that_includes_itself_beside_another_is_named_too()
    {
        _files["/work/app/one.yaml"] = "include: [{path: [two.yaml, one.yaml]}]";
        _files["/work/app/two.yaml"] = "services: {a: {image: x}}";

        Assert.StartsWith(
            "/work/app/one.yaml, line 1: files include each other: /work/app/compose.yaml includes /work/app/one.yaml",
            Fails("include: [one.yaml]"), StringComparison.Ordinal);
    }

    // 13, "Mapping", "Sequence", "Unique resources", "Reset value", "Replace value".
    [Theory]
    [InlineData("{labels: {a: \"2\"}}", "a=2 b=1", "80 443", "")]
    [InlineData("{labels: [a=2, c]}", "a=2 b=1 c=", "80 443", "")]
    [InlineData("{labels: {a: }}", "a= b=1", "80 443", "")]
    [InlineData("{labels: {a: !reset null}}", "b=1", "80 443", "")]
    [InlineData("{labels: !override {c: \"2\"}}", "c=2", "80 443", "")]
    [InlineData("{labels: !reset {}}", "", "80 443", "")]
    [InlineData("{ports: ['8080:80', '81']}", "a=1 b=1", "80 81 443", "")]
    [InlineData("{ports: !reset []}", "a=1 b=1", "", "")]
    [InlineData("{ports: !override ['9090:90']}", "a=1 b=1", "90", "")]
    [InlineData("{network_mode: host, networks: !reset []}", "a=1 b=1", "80 443", "host")]
    [InlineData("", "a=1 b=1", "80 443", "")]
    public void A_second_file_changes_the_first(string change, string labels, string ports, string mode)
    {
        _files["/work/app/override.yaml"] = $"services:\n  web: {change}";
        var web = LoadBoth("services: {web: {labels: {a: \"1\", b: \"1\"}, ports: ['8080:80', '443'], networks: [default]}}")
            .Container("web");

        Assert.Equal(
            labels, string.Join(' ', web.Labels.Where(label => label.Key.Length == 1).Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal(ports, string.Join(' ', web.ExposedTcpPorts));
        Assert.Equal(mode == "host", web.UsesHostNetwork);
    }

    [Fact]
    public void A_second_file_may_change_what_the_first_includes_and_extends()
    {
        _files["/work/app/part.yaml"] = "services: {part: {labels: {a: \"1\"}}}";
        _files["/work/app/override.yaml"] = "name: renamed\nservices: {part: {labels: {a: \"2\"}}, web: {labels: {a: \"3\"}}, more: {}}";
        var project = LoadBoth("include: [part.yaml]\nservices: {web: {extends: part}}");

        Assert.Equal(("2", "3"), (project.Container("part").Label("a"), project.Container("web").Label("a")));
        Assert.Contains(project.Containers, container => container.Name == "renamed-more-1");
    }

    [Fact]
    public void A_service_resets_what_it_would_take_over() => Assert.Empty(Load("""
        services:
          base: {ports: ["80"], labels: {a: "1"}}
          web: {extends: base, ports: !reset [], labels: !reset {}}
        """).Container("web").ExposedTcpPorts);

    [Fact]
    public void Anchors_merge_keys_and_further_documents_work_across_all_of_it()
    {
        var project = Load("""
            x-labels: &labels {a: "1"}
            services:
              base: &base
                labels: {<<: *labels, b: "1"}
              web: {<<: *base, extends: base, expose: ["80"]}
            ---
            services:
              web: {labels: {b: "$$2"}}
            """);

        Assert.Equal(("1", "$2"), (project.Container("web").Label("a"), project.Container("web").Label("b")));
    }

    [Fact]
    public void A_file_of_aliases_upon_aliases_is_read_in_no_time()
    {
        var text = "x0: &x0 {a: b}\n" + string.Concat(Enumerable.Range(1, 60).Select(i => $"x{i}: &x{i} {{a: *x{i - 1}, b: *x{i - 1}}}\n"));
        _files["/work/app/override.yaml"] = text + "services: {web: {x: *x60}}";

        Assert.Single(LoadBoth(text + "services: {web: {x: *x60}}").Containers);
    }

    private Loaded Load(string text, params string[] variables) => LoadFiles(text, ["compose.yaml"], variables);

    private Loaded LoadBoth(string text) => LoadFiles(text, ["compose.yaml", "override.yaml"], []);

    private Loaded LoadFiles(string text, string[] files, string[] variables)
    {
        foreach (var variable in variables)
        {
            _variables[variable.Split('=')[0]] = variable.Split('=')[1];
        }

        _files["/work/app/compose.yaml"] = text;
        var model = new ComposeLoader(Read, _missing).Load(
            [.. files.Select(file => $"/work/app/{file}")], new ComposeDirectory("/work/app", _variables.GetValueOrDefault));
        return new Loaded(
            new ComposeProjectReader(model, _missing, "app", _variables.GetValueOrDefault).Read(own: null).Snapshot.Containers);
    }

    private string Fails(string text) => Assert.Throws<ComposeException>(() => Load(text)).Message;

    private string? Read(string path) => _files.GetValueOrDefault(path) ?? _files.GetValueOrDefault(Path.GetFullPath(path));

    private sealed record Loaded(IReadOnlyList<Container> Containers)
    {
        public Container Container(string service) =>
            Assert.Single(Containers, container => container.Name == service || container.Label(WellKnownLabels.ComposeService) == service);
    }
}
