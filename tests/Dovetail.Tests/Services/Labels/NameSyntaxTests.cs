using Dovetail.Services.Labels;

namespace Dovetail.Tests.Services.Labels;

public sealed class NameSyntaxTests
{
    [Theory]
    [InlineData("web", "web")]
    [InlineData("My_App", "my-app")]
    [InlineData("__web__", "web")]
    [InlineData("proj-web-1", "proj-web-1")]
    [InlineData("a..b", "a-b")]
    [InlineData("größe", "gr-e")]
    [InlineData("___", null)]
    [InlineData("", null)]
    [InlineData("日本", null)]
    public void A_name_is_derived_with_what_can_stay(string text, string? name) => Assert.Equal(name, NameSyntax.Derive(text));

    [Fact]
    public void A_derived_name_is_cut_to_a_valid_one()
    {
        var name = NameSyntax.Derive(new string('a', 62) + "-" + new string('b', 100));

        Assert.Equal(new string('a', 62), name);
    }
}
