using Dovetail.Checks;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Services.Model;
using Dovetail.Tests.Services;

namespace Dovetail.Tests.Checks;

public sealed class CheckTextTests
{
    private static readonly OwnLocation InContainer = new()
    {
        Location = DovetailLocation.Container,
        ContainerName = "dovetail",
        Networks = [SampleContainer.On("shop", "172.18.0.2")],
    };

    [Theory]
    [InlineData(80)]
    [InlineData(140)]
    public void What_would_be_exposed_and_what_is_wrong(int width)
    {
        var text = CheckText.Render(Sample(), new Screen(false, width));

        Golden.AssertIs($"check-{width}.txt", text);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= width, line));
    }

    [Fact]
    public void Colours_change_no_word()
    {
        var coloured = CheckText.Render(Sample(), new Screen(true, null));

        Assert.Contains("\e[31m", coloured, StringComparison.Ordinal);
        Assert.Equal(
            CheckText.Render(Sample(), Screen.Plain), System.Text.RegularExpressions.Regex.Replace(coloured, "\e\\[[0-9]+m", ""));
    }

    [Fact]
    public void Without_labels_it_says_how_to_begin()
    {
        var check = LabelCheck.Of(SampleContainer.Snapshot(InContainer), new ServiceOptions(), "Docker", [], []);

        Assert.Empty(check.Mistakes);
        Assert.Contains("Nothing is exposed. Put dovetail.name=NAME", CheckText.Render(check, Screen.Plain), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dovetail.tls=off", "http://web.TAILNET")]
    [InlineData("dovetail.tls=on", "https://web.TAILNET")]
    [InlineData("dovetail.tcp.22=22", "https://web.TAILNET,tcp://web.TAILNET:22")]
    public void Urls_follow_the_labels(string label, string urls)
    {
        var container = SampleContainer.With("dovetail.name=web", "dovetail.port=80", label);

        var check = LabelCheck.Of(SampleContainer.Snapshot(OwnLocation.OnHost, container), new ServiceOptions(), "Docker", [], []);

        Assert.Equal(urls.Split(','), Assert.Single(check.Services).Urls);
    }

    [Theory]
    [InlineData("trust", "  believes    tag:proxy, *@example.org about where requests come from\n")]
    [InlineData("off", null)]
    public void Whose_word_is_passed_on_is_said(string mode, string? line)
    {
        var container = SampleContainer.With(
            "dovetail.name=web", "dovetail.port=80", $"dovetail.forwarded={mode}", "dovetail.forwarded.from=tag:proxy,*@example.org");
        var check = LabelCheck.Of(SampleContainer.Snapshot(OwnLocation.OnHost, container), new ServiceOptions(), "Docker", [], []);

        var text = CheckText.Render(check, Screen.Plain);

        Assert.Equal(line is not null, text.Contains("believes", StringComparison.Ordinal));
        Assert.Contains(line ?? "served by", text, StringComparison.Ordinal);
    }

    private static CheckDocument Sample()
    {
        var photos = SampleContainer.Named(
            "immich-server",
            1,
            "dovetail.name=photos",
            "dovetail.port=2283",
            "dovetail.allow=ada@example.com,*@example.org,tag:phone,cap:example.com/photos",
            "dovetail.tags=tag:web",
            "dovetail.prot=1") with
        {
            Networks = [SampleContainer.On("shop", "172.18.0.4")],
        };
        var database = SampleContainer.Named("db", 2, "dovetail.name=db", "dovetail.tcp.5432=5432") with
        {
            Networks = [SampleContainer.On("back", "172.19.0.2")],
        };
        var blog = SampleContainer.Named("blog", 3, "dovetail.name=my_blog", "dovetail.port=http");
        return LabelCheck.Of(
            SampleContainer.Snapshot(InContainer, photos, database, blog),
            new ServiceOptions(),
            "Docker 27.3.1 at unix:///var/run/docker.sock",
            ["DOVETAIL_CONTAINER=x names no container of this Docker Engine"],
            ["not set, taken as empty: NAME"]);
    }
}
