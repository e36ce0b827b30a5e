using Dovetail.Admin;
using Dovetail.Common;
using Dovetail.Notifications;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Admin;

public sealed class StatusTableTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_table_that_a_person_reads()
    {
        var text = StatusTable.Render(Document(Photos(), Login()), Now, Screen.Plain);

        Assert.Equal(
            """
            NAME     URL                              STATE        UPSTREAM                               CERT        SINCE
            photos   https://photos.tailtest.ts.net   Ready        immich-server http://172.18.0.4:2283   89 d left   3 h
            notes    -                                NeedsLogin   -                                      -           12 s
              └ the node is not logged in: log in at https://login.example/a/1
                Open that page in a browser and log in, or set TS_AUTHKEY.

            REFUSED
              blog (service my_blog): dovetail.name=my_blog is no host name

            """,
            text);
    }

    [Fact]
    public void Machines_that_are_forgotten_by_themselves_come_last_and_by_name()
    {
        var document = Document(Photos(), Login()) with
        {
            Unwanted =
            [
                new UnwantedMachine("blog", Now.AddDays(3), null),
                new UnwantedMachine("wiki", Now.AddMinutes(9), "wiki cannot be logged out: no answer"),
            ],
        };

        Assert.EndsWith(
            """

            UNWANTED
              blog: no container wants it; logged out and forgotten in 3 d (DOVETAIL_FORGET_AFTER)
              wiki: is not forgotten yet, and tried again in 9 min: wiki cannot be logged out: no answer

            """,
            StatusTable.Render(document, Now, Screen.Plain),
            StringComparison.Ordinal);
        Assert.Equal(
            "  blog: no container wants it; logged out and forgotten in 3 d (DOVETAIL_FORGET_AFTER)\n",
            ServiceDetails.Render(document, "blog", Now, Screen.Plain)!.Split("REFUSED")[0]);
        Assert.DoesNotContain("UNWANTED", StatusTable.Render(Document(Photos()), Now, Screen.Plain), StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_that_is_away_comes_first()
    {
        var document = Document() with { Docker = new DockerStatus("unix:///x", false, "no such file", null) };

        var text = StatusTable.Render(document, Now, Screen.Plain);

        Assert.StartsWith("Docker is away: no such file", text, StringComparison.Ordinal);
        Assert.Contains("No service yet", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_engines_those_that_are_away_come_first_by_their_names()
    {
        var document = Document() with
        {
            Engines =
            [
                new EngineStatus("nas", "tcp://nas:2375", false, "connection refused", Now),
                new EngineStatus("pi", "ssh://pi", true, null, Now),
            ],
        };

        var text = StatusTable.Render(document, Now, Screen.Plain);

        Assert.StartsWith("Docker Engine nas is away: connection refused", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pi", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_receivers_of_notifications_that_fail_are_named()
    {
        var document = Document(Photos()) with
        {
            Notifications =
            [
                new ReceiverReport("ntfy at https://ntfy.sh", 3, 0, null),
                new ReceiverReport("discord at https://discord.com", 0, 2, "HTTP 404: there is nothing of that name"),
            ],
        };

        var text = StatusTable.Render(document, Now, Screen.Plain);

        Assert.EndsWith(
            """

            NOTIFICATIONS
              discord at https://discord.com: not delivered: HTTP 404: there is nothing of that name

            """,
            text,
            StringComparison.Ordinal);
        var without = StatusTable.Render(Document(Photos()), Now, Screen.Plain);
        Assert.DoesNotContain("NOTIFICATIONS", without, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_services_file_names_stands_there_by_its_address_and_an_engine_that_is_not_to_be_is_not_missed()
    {
        var nas = Photos() with
        {
            Origin = "/etc/dovetail/services.yaml:5",
            Upstreams = [new UpstreamStatus(null, "https://nas.lan:5001", "None", "named in /etc/dovetail/services.yaml:5")],
        };
        var document = Document(nas) with { Docker = new DockerStatus("none", false, null, null), Rejected = [] };

        Assert.Equal(
            """
            NAME     URL                              STATE   UPSTREAM               CERT        SINCE
            photos   https://photos.tailtest.ts.net   Ready   https://nas.lan:5001   89 d left   3 h

            """,
            StatusTable.Render(document, Now, Screen.Plain));
        var details = ServiceDetails.Render(document, "photos", Now, Screen.Plain);
        Assert.Contains("declared in  /etc/dovetail/services.yaml:5", details, StringComparison.Ordinal);
        Assert.Contains("https://nas.lan:5001 (named in /etc/dovetail/services.yaml:5)", details, StringComparison.Ordinal);
    }

    [Fact]
    public void Colours_change_no_width()
    {
        var plain = StatusTable.Render(Document(Photos(), Login()), Now, Screen.Plain);
        var coloured = StatusTable.Render(Document(Photos(), Login()), Now, new Screen(true, null));

        Assert.NotEqual(plain, coloured);
        Assert.Equal(plain, System.Text.RegularExpressions.Regex.Replace(coloured, "\e\\[[0-9]+m", ""));
    }

    [Theory]
    [InlineData(80)]
    [InlineData(140)]
    public void On_a_terminal_it_fits(int width)
    {
        var document = Document(Photos(), Login()) with
        {
            Warnings = [new ContainerWarning("immich-server", "photos", "dovetail.prot is no label that Dovetail knows; did you mean dovetail.port?")],
        };

        var text = StatusTable.Render(document, Now, new Screen(false, width));

        Golden.AssertIs($"status-{width}.txt", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width, line));
    }

    [Fact]
    public void One_service_in_detail()
    {
        var service = Photos() with { Conditions = Login().Conditions, Listener = new ListenerStatus("127.83.1.2:8443", "127.83.1.2:8080") };

        Golden.AssertIs("service-80.txt", ServiceDetails.Render(Document(service), "photos", Now, new Screen(false, 80))!);
    }

    [Fact]
    public void A_service_that_is_refused_is_one_too_and_one_that_nobody_asks_for_is_not()
    {
        var document = Document(Photos());

        Assert.Contains("is no host name", ServiceDetails.Render(document, "my_blog", Now, Screen.Plain), StringComparison.Ordinal);
        Assert.Null(ServiceDetails.Render(document, "blog", Now, Screen.Plain));
    }

    private static StatusDocument Document(params ServiceStatus[] services) => new()
    {
        Version = "0.1.0",
        Docker = new DockerStatus("unix:///var/run/docker.sock", true, null, Now),
        Services = services,
        Rejected = services.Length == 0 ? [] : [new RejectedContainer("blog", "my_blog", "dovetail.name=my_blog is no host name")],
        Warnings = [],
    };

    private static ServiceStatus Photos() => new()
    {
        Name = "photos",
        Url = "https://photos.tailtest.ts.net",
        State = "Ready",
        Since = Now.AddHours(-3),
        DnsName = "photos.tailtest.ts.net",
        Addresses = ["100.64.0.1"],
        Certificate = new CertificateStatus("photos.tailtest.ts.net", Now.AddDays(89)),
        Upstreams = [new UpstreamStatus("immich-server", "http://172.18.0.4:2283", "Healthy", "shared network", "172.18.0.2")],
        Conditions = [],
        Tailscaled = new TailscaledStatus(42, 0, []),
    };

    private static ServiceStatus Login() => new()
    {
        Name = "notes",
        State = "NeedsLogin",
        Since = Now.AddSeconds(-12),
        Addresses = [],
        LoginUrl = "https://login.example/a/1",
        Upstreams = [],
        Conditions =
        [
            new ConditionStatus(
                "needs-login",
                "Problem",
                "the node is not logged in: log in at https://login.example/a/1",
                "Open that page in a browser and log in, or set TS_AUTHKEY."),
        ],
        Tailscaled = new TailscaledStatus(43, 0, []),
    };
}
