using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class TailscaleVersionTests
{
    [Theory]
    [InlineData("1.96.5", true)]
    [InlineData("1.92.0", true)]
    [InlineData("1.97.12-t88200dbb4-g000000000", true)]
    [InlineData("1.90.9", false)]
    public void Releases_before_the_proxy_protocol_are_too_old(string line, bool isNewEnough) =>
        Assert.Equal(isNewEnough, TailscaleVersion.Parse(line) >= TailscaleVersion.Oldest);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("GNU bash")]
    public void Anything_else_is_no_version(string? line) => Assert.Null(TailscaleVersion.Parse(line));
}
