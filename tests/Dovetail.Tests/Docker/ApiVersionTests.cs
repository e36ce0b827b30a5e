using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class ApiVersionTests
{
    [Theory]
    [InlineData("1.41", "1.12", "1.41")]
    [InlineData("1.44", "1.24", "1.44")]
    [InlineData("1.52", "1.44", "1.44")]
    [InlineData("1.60", "1.50", "1.50")]
    [InlineData("2.0", "2.0", "2.0")]
    [InlineData("1.40", null, "1.40")]
    [InlineData("1.9", "1.2", "1.9")]
    public void The_version_in_use_is_one_that_the_engine_speaks(string newest, string? oldest, string used) =>
        Assert.Equal(used, ApiVersion.Negotiate(ApiVersion.TryParse(newest)!.Value, ApiVersion.TryParse(oldest)).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.x")]
    [InlineData("1.2.3")]
    [InlineData("-1.2")]
    public void Anything_else_is_no_version(string? text) => Assert.Null(ApiVersion.TryParse(text));
}
