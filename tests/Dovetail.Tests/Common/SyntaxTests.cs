using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class SyntaxTests
{
    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("YES", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("no", false)]
    [InlineData("0", false)]
    [InlineData("", null)]
    [InlineData(" true", null)]
    [InlineData("on", null)]
    [InlineData("01", null)]
    [InlineData("truе", null)]
    public void Yes_and_no_are_six_words(string text, bool? value) =>
        Assert.Equal(value, BoolSyntax.TryParse(text, out var read) ? read : null);

    [Theory]
    [InlineData("1", 1)]
    [InlineData("080", 80)]
    [InlineData("65535", 65535)]
    [InlineData("0", null)]
    [InlineData("65536", null)]
    [InlineData("000080", null)]
    [InlineData("99999999999", null)]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("+1", null)]
    [InlineData(" 80", null)]
    [InlineData("80\n", null)]
    [InlineData("0x50", null)]
    [InlineData("٨٠", null)]
    public void A_port_is_a_plain_number_from_1_to_65535(string text, int? port) =>
        Assert.Equal(port, PortSyntax.TryParse(text, out var read) ? read : null);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    [InlineData("15s", 15_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData(".5s", 500)]
    [InlineData("1500us", 1.5)]
    [InlineData("2h0m1s", 7_201_000)]
    public void A_duration_is_read_as_Go_reads_it(string text, double milliseconds)
    {
        Assert.True(DurationSyntax.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("15")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1.2.3s")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("٣s")]
    [InlineData("999999999999h")]
    [InlineData("9999999999999s")]
    public void Anything_else_is_no_duration(string text) => Assert.False(DurationSyntax.TryParse(text, out _));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("134217728", 134217728)]
    [InlineData("128MiB", 134217728)]
    [InlineData("64m", 67108864)]
    [InlineData("64mb", 67108864)]
    [InlineData("1g", 1073741824)]
    [InlineData("2GIB", 2147483648)]
    [InlineData("512k", 524288)]
    [InlineData("7b", 7)]
    public void A_size_is_read_as_Docker_reads_it(string text, long bytes)
    {
        Assert.True(SizeSyntax.TryParse(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("1.5g")]
    [InlineData("64 m")]
    [InlineData("64mi")]
    [InlineData("64t")]
    [InlineData("9999999999999")]
    public void Anything_else_is_no_size(string text) => Assert.False(SizeSyntax.TryParse(text, out _));
}
