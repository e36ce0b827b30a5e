using Dovetail.Common;
using Dovetail.Services.Labels;
using Dovetail.Services.Model;
using static Dovetail.Tests.Services.Labels.Parsed;

namespace Dovetail.Tests.Services.Labels;

public sealed class LabelParserTests
{
    [Fact]
    public void Name_and_port_make_a_service_with_the_defaults()
    {
        var service = Only("dovetail.name=web", "dovetail.port=80");

        Assert.Equal(new ServiceDeclaration { Name = "web", Port = 80, Hold = TimeSpan.FromSeconds(15) }, service);
    }

    [Fact]
    public void Every_label_is_read()
    {
        var service = Only(
            "dovetail.name=web", "dovetail.port=8080", "dovetail.scheme=https+insecure", "dovetail.network=proxy",
            "dovetail.tags=tag:web, tag:a,tag:web", "dovetail.tls=off", "dovetail.redirect=no",
            "dovetail.allow=a@example.com,tag:ops", "dovetail.identity=FALSE", "dovetail.hold=1m30s",
            "dovetail.health=ignore", "dovetail.memory=64m", "dovetail.tcp.5432=5433", "dovetail.tcp.22=2222", "dovetail.loadbalance=yes");

        Assert.Equal(
            new ServiceDeclaration
            {
                Name = "web",
                Port = 8080,
                Scheme = UpstreamScheme.HttpsInsecure,
                Network = "proxy",
                Tags = ["tag:a", "tag:web"],
                Tls = TlsMode.Off,
                Redirect = false,
                Allow = [new AccessRule.Login("a@example.com"), new AccessRule.Tag("tag:ops")],
                Identity = false,
                Hold = TimeSpan.FromSeconds(90),
                Health = HealthMode.Ignore,
                Memory = 64 << 20,
                Tcp = [new(22, 2222), new(5432, 5433)],
                LoadBalance = true,
            },
            service);
    }

    [Theory]
    [InlineData("http", "number from 1 to 65535")]
    [InlineData("0", "number from 1 to 65535")]
    [InlineData("99999", "number from 1 to 65535")]
    [InlineData("65536", "number from 1 to 65535")]
    [InlineData("", "number from 1 to 65535")]
    [InlineData("+80", "number from 1 to 65535")]
    [InlineData("80/udp", "number from 1 to 65535")]
    [InlineData("8080:", "number from 1 to 65535")]
    [InlineData(":80", "number from 1 to 65535")]
    [InlineData("http://x:80", "number from 1 to 65535")]
    [InlineData("0:80", "number from 1 to 65535")]
    [InlineData("\"80\"", "the quotes are part of the value, remove them")]
    [InlineData("8 0", "number from 1 to 65535")]
    [InlineData("0x50", "number from 1 to 65535")]
    [InlineData("٨٠", "number from 1 to 65535")]
    public void A_bad_port_is_refused_by_label_value_and_rule(string value, string rule) =>
        AssertRefused("dovetail.port", value, rule, "dovetail.name=web");

    [Theory]
    [InlineData("../x")]
    [InlineData("UPPER")]
    [InlineData("a b")]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a..b")]
    [InlineData("a.b_c")]
    [InlineData("10.0.0.1")]
    [InlineData("a_b")]
    [InlineData("wéb")]
    [InlineData("１")]
    [InlineData("a\nb")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public void A_bad_name_is_refused_by_label_value_and_rule(string value) =>
        AssertRefused("dovetail.name", value, "1 to 63 lower-case letters", "dovetail.port=80");

    [Fact]
    public void A_name_of_63_characters_is_taken() =>
        Assert.Equal(63, Only($"dovetail.name={new string('a', 63)}", "dovetail.port=80").Name.Length);

    [Theory]
    [InlineData("scheme", "ftp", "http, https, https+insecure, h2c")]
    [InlineData("tls", "maybe", "auto, on, off")]
    [InlineData("health", "x", "wait, ignore")]
    [InlineData("redirect", "maybe", "true, false")]
    [InlineData("redirects", "maybe", "rewrite, keep")]
    [InlineData("headers", "x-forwarded", "none, remote-user, x-auth-request, x-webauth")]
    [InlineData("identity", "", "true, false")]
    [InlineData("funnel", "2", "true, false")]
    [InlineData("enable", "maybe", "true, false")]
    [InlineData("loadbalance", "on", "true, false")]
    [InlineData("hold", "15", "15s")]
    [InlineData("hold", "61m", "1h")]
    [InlineData("hold", "-1s", "1h")]
    [InlineData("memory", "1m", "32MiB to 64GiB")]
    [InlineData("memory", "1t", "32MiB to 64GiB")]
    [InlineData("tags", "web", "did you mean \"tag:web\"?")]
    [InlineData("tags", "tag:a,tag:1", "\"tag:1\" is no tag")]
    [InlineData("allow", "", "comma list of logins")]
    [InlineData("allow", "a@example.com,bob", "\"bob\" is no rule")]
    [InlineData("forwarded", "on", "set, off, trust")]
    [InlineData("forwarded", "trust", "set dovetail.forwarded.from, such as to tag:proxy")]
    [InlineData("forwarded.from", "", "comma list of logins")]
    [InlineData("forwarded.from", "proxy", "\"proxy\" is no rule")]
    [InlineData("passheaders", "", "comma list of header names")]
    [InlineData("passheaders", "Remote-User,X Y", "comma list of header names")]
    [InlineData("network", "", "name of a Docker network")]
    [InlineData("network", "a b", "name of a Docker network")]
    [InlineData("tcp.5432", "x", "number from 1 to 65535")]
    [InlineData("funnel", "true", "DOVETAIL_ALLOW_FUNNEL=true")]
    public void A_bad_value_is_refused_by_label_value_and_rule(string label, string value, string rule) =>
        AssertRefused("dovetail." + label, value, rule, "dovetail.name=web", "dovetail.port=80");

    [Fact]
    public void Headers_that_are_passed_are_compared_as_applications_read_them()
    {
        var parsed = Parse("dovetail.name=web", "dovetail.port=80", "dovetail.passheaders= X-Original-URL ,remote_user");

        Assert.Equal(["remote-user", "x-original-url"], Assert.Single(parsed.Services).PassHeaders);
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var error = Assert.Single(Parse("dovetail.name=web", "dovetail.port=http", "dovetail.tls=x").Rejected);

        Assert.Equal("web", error.Service);
        Assert.Contains("dovetail.port=\"http\"", error.Reason, StringComparison.Ordinal);
        Assert.Contains("dovetail.tls=\"x\"", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_cannot_forge_a_log_line_or_fill_the_log()
    {
        var hostile = "1\n2026 INFO all is well\u001b[2J" + new string('x', 10_000);

        var error = Assert.Single(Parse("dovetail.name=web", "dovetail.port=" + hostile).Rejected);

        Assert.DoesNotContain(error.Reason, char.IsControl);
        Assert.True(error.Reason.Length < 400, error.Reason);
    }

    [Fact]
    public void Without_a_port_label_the_only_exposed_port_is_taken()
    {
        var container = SampleContainer.With("dovetail.name=web") with { ExposedTcpPorts = [8080] };

        Assert.Equal(8080, Assert.Single(LabelParser.Parse(container, Defaults).Services).Port);
    }

    [Fact]
    public void Without_a_port_label_several_exposed_ports_are_listed()
    {
        var container = SampleContainer.With("dovetail.name=web") with { ExposedTcpPorts = [80, 443] };

        var error = Assert.Single(LabelParser.Parse(container, Defaults).Rejected);
        Assert.Contains("(80, 443): set dovetail.port to one of them", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_without_a_port_is_refused()
    {
        var reason = "dovetail.port is missing, and the container exposes no TCP port: set dovetail.port";

        Assert.Equal(new RejectedContainer("web", "web", reason), Assert.Single(Parse("dovetail.name=web").Rejected));
    }

    [Theory]
    [InlineData(new int[0], null)]
    [InlineData(new[] { 5432 }, null)]
    [InlineData(new[] { 3000, 5432 }, 3000)]
    [InlineData(new[] { 3000, 3001, 5432 }, null)]
    public void A_tcp_label_takes_its_port_away_from_http(int[] exposed, int? port)
    {
        var container = SampleContainer.With("dovetail.name=db", "dovetail.tcp.15432=5432") with { ExposedTcpPorts = [.. exposed] };

        Assert.Equal(port, Assert.Single(LabelParser.Parse(container, Defaults).Services).Port);
    }

    [Fact]
    public void Ports_80_and_443_are_free_for_tcp_only_without_http()
    {
        Assert.Equal([new TcpForward(443, 6443)], Only("dovetail.name=k8s", "dovetail.tcp.443=6443").Tcp);
        AssertReason("ports 80 and 443 on the tailnet serve HTTP", "dovetail.name=k8s", "dovetail.tcp.443=6443", "dovetail.port=80");
    }

    [Theory]
    [InlineData("dovetail.tcp.0=1")]
    [InlineData("dovetail.tcp.=1")]
    [InlineData("dovetail.tcp.x=1")]
    [InlineData("dovetail.tcp.65536=1")]
    [InlineData("dovetail.tcp.22.x=1")]
    public void A_bad_port_on_the_tailnet_is_refused(string label) =>
        AssertReason("the port on the tailnet", "dovetail.name=db", "dovetail.port=80", label);

    [Fact]
    public void A_port_on_the_tailnet_is_named_only_once() =>
        AssertReason("named twice", "dovetail.name=db", "dovetail.port=80", "dovetail.tcp.22=1", "dovetail.tcp.022=2");

    [Fact]
    public void Enable_alone_takes_the_name_of_the_compose_service()
    {
        Assert.Equal("my-app", Only("dovetail.enable=true", "dovetail.port=80", "com.docker.compose.service=My_App").Name);
        Assert.Equal("web", Only("dovetail.enable=1", "dovetail.port=80").Name);
        Assert.Equal("stack-api", Only("dovetail.enable=1", "dovetail.port=80", "com.docker.swarm.service.name=stack_api").Name);
    }

    [Fact]
    public void A_container_whose_name_yields_none_is_refused()
    {
        var container = SampleContainer.Named("___", 0, "dovetail.enable=true", "dovetail.port=80");

        Assert.Equal(
            new RejectedContainer("___", null, "no name can be made of \"___\": set dovetail.name"),
            Assert.Single(LabelParser.Parse(container, Defaults).Rejected));
    }

    [Fact]
    public void Enable_false_turns_the_container_off_silently() =>
        Assert.Equal(
            LabelParseResult.Nothing,
            Parse(
                "dovetail.enable=false", "dovetail.name=UPPER", "dovetail.prot=1",
                "dovetail.services.x.name=x", "dovetail.services.x.port=1"));

    [Fact]
    public void Enable_that_cannot_be_read_keeps_the_whole_container_off()
    {
        var result = Parse(
            "dovetail.enable=flase", "dovetail.name=web", "dovetail.port=80",
            "dovetail.services.x.name=x", "dovetail.services.x.port=1");

        Assert.Empty(result.Services);
        Assert.Contains("dovetail.enable=\"flase\"", Assert.Single(result.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_without_our_labels_is_nothing() =>
        Assert.Equal(LabelParseResult.Nothing, Parse("traefik.enable=true", "dovetailname=web", "dovetail=x"));

    [Fact]
    public void Labels_without_a_name_say_that_they_have_no_effect()
    {
        var result = Parse("dovetail.port=80");

        Assert.Empty(result.Services);
        Assert.Empty(result.Rejected);
        Assert.Contains("without dovetail.name or dovetail.enable=true", Assert.Single(result.Warnings).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_service_with_a_list_of_visitors_says_that_the_public_is_kept_out()
    {
        var container = SampleContainer.With(
            "dovetail.name=web", "dovetail.port=80", "dovetail.funnel=true", "dovetail.allow=a@example.com");

        var warning = Assert.Single(LabelParser.Parse(container, Defaults with { AllowFunnel = true }).Warnings);

        Assert.Contains("dovetail.allow answers 403 to all of them", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Further_services_stand_beside_the_first()
    {
        var result = Parse(
            "dovetail.name=web", "dovetail.port=80", "dovetail.tags=tag:web",
            "dovetail.services.admin.name=web-admin", "dovetail.services.admin.port=9000",
            "dovetail.services.metrics.enable=true", "dovetail.services.metrics.port=9100");

        Assert.Empty(result.Rejected);
        Assert.Equal(
            [("web", 80), ("web-admin", 9000), ("metrics", 9100)],
            result.Services.Select(service => (service.Name, service.Port!.Value)));
        Assert.Empty(result.Services[1].Tags);
    }

    [Fact]
    public void One_bad_service_leaves_the_others_of_its_container_alone()
    {
        var result = Parse(
            "dovetail.name=web", "dovetail.port=80",
            "dovetail.services.a.name=a", "dovetail.services.a.port=x",
            "dovetail.services.b.name=b", "dovetail.services.b.port=1");

        Assert.Equal(["web", "b"], result.Services.Select(service => service.Name));
        Assert.Contains("dovetail.services.a.port=\"x\"", Assert.Single(result.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_services_of_one_container_cannot_have_one_name()
    {
        var result = Parse("dovetail.name=web", "dovetail.port=80", "dovetail.services.a.name=web", "dovetail.services.a.port=81");

        Assert.Equal(80, Assert.Single(result.Services).Port);
        Assert.Contains("already has a service named web", Assert.Single(result.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_prefix_makes_other_labels()
    {
        var container = SampleContainer.With("dovetail.name=a", "dovetail.port=1", "my.tailnet.name=b", "my.tailnet.port=2");

        Assert.Equal("b", Assert.Single(LabelParser.Parse(container, Defaults with { LabelPrefix = "my.tailnet" }).Services).Name);
    }

    [Fact]
    public void The_daemons_defaults_hold_where_no_label_does()
    {
        var defaults = Defaults with { Tags = ["tag:dovetail"], Hold = TimeSpan.FromSeconds(3), AllowFunnel = true };

        var service = Read("dovetail.funnel=true");
        Assert.Equal((["tag:dovetail"], TimeSpan.FromSeconds(3), true), (service.Tags, service.Hold, service.Funnel));
        Assert.Empty(Read("dovetail.tags=").Tags);

        ServiceDeclaration Read(string label) => Assert.Single(
            LabelParser.Parse(SampleContainer.With("dovetail.name=web", "dovetail.port=80", label), defaults).Services);
    }

    [Theory]
    [InlineData("dovetail.port=80", "dovetail.tls=off", "Funnel needs HTTPS; remove dovetail.tls")]
    [InlineData("dovetail.tcp.22=22", "dovetail.tls=on", "Funnel needs HTTP; set dovetail.port")]
    public void Funnel_needs_http_and_https(string port, string tls, string reason)
    {
        var container = SampleContainer.With("dovetail.name=web", port, "dovetail.funnel=true", tls);

        var result = LabelParser.Parse(container, Defaults with { AllowFunnel = true });

        Assert.Contains(reason, Assert.Single(result.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_container_cannot_ask_for_thousands_of_services_or_warnings()
    {
        var labels = Enumerable.Range(0, 3000).SelectMany(i =>
            new[] { $"dovetail.services.s{i}.name=s{i}", $"dovetail.services.s{i}.port=80", $"dovetail.x{i}=1" });

        var result = Parse([.. labels]);

        Assert.InRange(result.Services.Count, 1, 32);
        Assert.InRange(result.Warnings.Count, 1, 20);
        Assert.Contains("refused", Assert.Single(result.Rejected).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Thousands_of_bad_labels_make_a_short_reason()
    {
        var result = Parse([.. Enumerable.Range(0, 5000).Select(i => $"dovetail.tcp.x{i}={new string('9', 1000)}"), "dovetail.name=web"]);

        Assert.True(Assert.Single(result.Rejected).Reason.Length < 1000);
    }

    [Theory]
    [InlineData("x-webauth", "X-WEBAUTH-USER", "clients could set x-webauth-user, which dovetail.headers makes the word of the proxy")]
    [InlineData("remote-user", "Accept-CH,X_Remote_User", "clients could set x-remote-user, which dovetail.headers makes the word of the proxy")]
    public void What_a_container_takes_a_login_from_no_client_may_set(string family, string passed, string reason)
    {
        var refused = Assert.Single(Parse(
            "dovetail.name=web", "dovetail.port=80", $"dovetail.headers={family}", $"dovetail.passheaders={passed}").Rejected);
        Assert.Contains(reason, refused.Reason, StringComparison.Ordinal);

        Only("dovetail.name=web", "dovetail.port=80", $"dovetail.headers={family}", "dovetail.passheaders=True-Client-IP");
    }

    [Fact]
    public void Whom_to_believe_is_said_in_words_of_who_may_come_and_without_a_mistake_only_once()
    {
        var service = Only(
            "dovetail.name=web", "dovetail.port=80", "dovetail.forwarded=trust", "dovetail.forwarded.from=tag:proxy, a@b.example");
        Assert.Equal(
            (ForwardedMode.Trust, (EquatableArray<AccessRule>)[new AccessRule.Tag("tag:proxy"), new AccessRule.Login("a@b.example")]),
            (service.Forwarded, service.ForwardedFrom));

        var refused = Assert.Single(Parse(
            "dovetail.name=web", "dovetail.port=80", "dovetail.forwarded=trust", "dovetail.forwarded.from=tag:").Rejected);
        Assert.StartsWith("dovetail.forwarded.from=\"tag:\" is refused", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("say whose word", refused.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set")]
    [InlineData("off")]
    public void Whom_to_believe_has_no_effect_where_nobody_is_believed(string mode)
    {
        var parsed = Parse("dovetail.name=web", "dovetail.port=80", $"dovetail.forwarded={mode}", "dovetail.forwarded.from=tag:proxy");

        Assert.Single(parsed.Services);
        Assert.Equal("dovetail.forwarded.from has no effect without dovetail.forwarded=trust", Assert.Single(parsed.Warnings).Text);
    }

    private static void AssertReason(string reason, params string[] labels) =>
        Assert.Contains(reason, Assert.Single(Parse(labels).Rejected).Reason, StringComparison.Ordinal);

    private static void AssertRefused(string label, string value, string rule, params string[] others)
    {
        var result = Parse([.. others, $"{label}={value}"]);

        Assert.Empty(result.Services);
        var error = Assert.Single(result.Rejected);
        Assert.Contains($"{label}=\"{Printable.Text(value)}\" is refused", error.Reason, StringComparison.Ordinal);
        Assert.Contains(rule, error.Reason, StringComparison.Ordinal);
    }
}
