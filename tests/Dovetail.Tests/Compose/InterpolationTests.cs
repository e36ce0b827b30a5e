using Dovetail.Compose;

namespace Dovetail.Tests.Compose;

/// <summary>Variables and <c>.env</c>, as Compose's own documentation describes them.</summary>
public sealed class InterpolationTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$SET", "value")]
    [InlineData("a${SET}b", "avalueb")]
    [InlineData("$$SET", "$SET")]
    [InlineData("cost 5$", "cost 5$")]
    [InlineData("$5", "$5")]
    [InlineData("${SET:-other}", "value")]
    [InlineData("${EMPTY:-other}", "other")]
    [InlineData("${EMPTY-other}", "")]
    [InlineData("${UNSET-other}", "other")]
    [InlineData("${UNSET:-${SET}-x}", "value-x")]
    [InlineData("${UNSET:-${ALSO_UNSET:-deep}}", "deep")]
    [InlineData("${SET:+there}", "there")]
    [InlineData("${EMPTY:+there}", "")]
    [InlineData("${EMPTY+there}", "there")]
    [InlineData("${SET:?needed}", "value")]
    public void Variables_are_put_in(string text, string expected)
    {
        var interpolation = New();

        Assert.Equal(expected, interpolation.Apply(text));
        Assert.Empty(interpolation.Missing);
    }

    [Theory]
    [InlineData("$UNSET")]
    [InlineData("${UNSET}")]
    [InlineData("${UNSET:?set it}")]
    [InlineData("${UNSET?set it}")]
    public void What_is_not_set_is_empty_and_noted(string text)
    {
        var interpolation = New();

        Assert.Equal("", interpolation.Apply(text));
        Assert.Equal(["UNSET"], interpolation.Missing);
    }

    [Theory]
    [InlineData("${")]
    [InlineData("${}")]
    [InlineData("${SET")]
    [InlineData("${SET!x}")]
    [InlineData("${SET:}")]
    [InlineData("${-x}")]
    public void What_is_no_variable_is_an_error(string text) => Assert.Throws<ComposeException>(() => New().Apply(text));

    [Fact]
    public void A_dotenv_file_is_read_line_by_line()
    {
        var read = DotEnv.Parse("A=1\n# B=2\n export C = three # comment\nD='four # 4'\nE=\"five\"\nF=\nnonsense\n=x\nG=a=b\r\n");

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["A"] = "1",
                ["C"] = "three",
                ["D"] = "four # 4",
                ["E"] = "five",
                ["F"] = "",
                ["G"] = "a=b",
            },
            read);
    }

    private static Interpolation New() => new(name => name switch
    {
        "SET" => "value",
        "EMPTY" => "",
        _ => null,
    });
}
