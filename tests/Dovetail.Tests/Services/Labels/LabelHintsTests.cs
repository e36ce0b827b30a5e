using Dovetail.Services.Labels;
using Dovetail.Services.Model;
using static Dovetail.Tests.Services.Labels.Parsed;

namespace Dovetail.Tests.Services.Labels;

/// <summary>What labels are taken to mean, and what is said about those that mean something else or nothing.</summary>
public sealed class LabelHintsTests
{
    [Theory]
    [InlineData("UPPER", "upper")]
    [InlineData("my_app", "my-app")]
    [InlineData("My App", "my-app")]
    [InlineData("-a-", "a")]
    public void A_name_as_other_tools_write_them_is_refused_with_the_name_that_was_meant(string name, string meant)
    {
        var error = Assert.Single(Parse($"dovetail.name={name}", "dovetail.port=80").Rejected);

        Assert.EndsWith($"did you mean \"{meant}\"?", error.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dovetail.name= web\t", "dovetail.port=80")]
    [InlineData("dovetail.name=web", "dovetail.port= 80\n")]
    [InlineData("dovetail.name=web ", "dovetail.port=80 ", "dovetail.enable= true ")]
    public void White_space_around_a_value_is_left_out(params string[] labels)
    {
        var service = Only(labels);

        Assert.Equal(("web", 80), (service.Name, service.Port));
    }

    [Theory]
    [InlineData("80/tcp", 80, "is read as 80: the port is TCP anyway")]
    [InlineData("80/TCP", 80, "is read as 80: the port is TCP anyway")]
    [InlineData("8080:80", 80, "is read as 80: 8080 is the host's port, 80 the container's")]
    [InlineData("127.0.0.1:8080:80/tcp", 80, "is read as 80: 8080 is the host's port, 80 the container's")]
    public void A_port_as_compose_writes_it_is_taken_as_meant_and_said(string written, int port, string note)
    {
        var result = Parse("dovetail.name=web", $"dovetail.port={written}");

        Assert.Equal(port, Assert.Single(result.Services).Port);
        Assert.Equal(new ContainerWarning("web", "web", $"dovetail.port=\"{written}\" {note}"), Assert.Single(result.Warnings));
    }

    [Fact]
    public void The_port_of_raw_tcp_is_read_likewise()
    {
        var result = Parse("dovetail.name=db", "dovetail.tcp.5432=5433:5432/tcp");

        Assert.Equal([new TcpForward(5432, 5432)], Assert.Single(result.Services).Tcp);
        Assert.Contains("5433 is the host's port", Assert.Single(result.Warnings).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("photos.tailnet.ts.net")]
    [InlineData("photos.tailnet.ts.net.")]
    public void A_full_name_is_reduced_to_its_first_part_and_said(string name)
    {
        var result = Parse($"dovetail.name={name}", "dovetail.port=80");

        Assert.Equal("photos", Assert.Single(result.Services).Name);
        Assert.Equal(
            new ContainerWarning("web", "photos", $"dovetail.name=\"{name}\" is read as photos: the tailnet gives the rest of the name"),
            Assert.Single(result.Warnings));
    }

    [Fact]
    public void Labels_in_another_case_are_warned_of_with_the_label_that_was_meant()
    {
        var result = Parse("Dovetail.Name=web", "DOVETAIL.PORT=80");

        Assert.Empty(result.Services);
        Assert.Empty(result.Rejected);
        Assert.Equal(
            [
                "DOVETAIL.PORT has no effect, because of its capitals; did you mean dovetail.port?",
                "Dovetail.Name has no effect, because of its capitals; did you mean dovetail.name?",
            ],
            result.Warnings.Select(warning => warning.Text));
    }

    [Theory]
    [InlineData("dovetail.prot", "dovetail.port")]
    [InlineData("dovetail.Name", "dovetail.name")]
    [InlineData("dovetail.load-balance", "dovetail.loadbalance")]
    [InlineData("dovetail.tag", "dovetail.tags")]
    public void An_unknown_label_is_reported_with_the_nearest_known(string label, string nearest)
    {
        var result = Parse("dovetail.name=web", "dovetail.port=80", label + "=x");

        Assert.Single(result.Services);
        Assert.Equal(
            new ContainerWarning("web", "web", $"{label} is no label that Dovetail knows; did you mean {nearest}?"),
            Assert.Single(result.Warnings));
    }

    [Fact]
    public void An_unknown_label_like_no_other_is_reported_alone()
    {
        var warning = Assert.Single(Parse("dovetail.name=web", "dovetail.port=80", "dovetail.middlewares=x").Warnings);

        Assert.EndsWith("is no label that Dovetail knows", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_that_is_raw_tcp_because_no_port_is_named_says_so()
    {
        var container = SampleContainer.With("dovetail.name=db", "dovetail.tcp.22=22") with { ExposedTcpPorts = [22, 80, 443] };

        var warning = Assert.Single(LabelParser.Parse(container, Defaults).Warnings);

        Assert.Contains("(22, 80, 443) and dovetail.port names none", warning.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Udp_is_refused_by_name() => Assert.Contains(
        "dovetail.udp.53 has no effect: a tailscaled in userspace mode passes no UDP",
        Assert.Single(Parse("dovetail.name=web", "dovetail.port=80", "dovetail.udp.53=53").Warnings).Text,
        StringComparison.Ordinal);
}
