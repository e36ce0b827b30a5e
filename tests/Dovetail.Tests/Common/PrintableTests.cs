using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class PrintableTests
{
    [Fact]
    public void Printed_text_can_neither_end_a_line_nor_hide_anything()
    {
        Assert.Equal(
            "a\\nb\\r\\t\\\"\\\\\\u{1B}[31m\\u{202E}\\u{2028}\\u{A0}é日",
            Printable.Text("a\nb\r\t\"\\\u001b[31m\u202e\u2028\u00a0é日"));
        Assert.Equal(new string('x', 100) + "… (10000 characters)", Printable.Text(new string('x', 10_000)));
        Assert.DoesNotContain('\ud800', Printable.Text("\ud800"));
    }

    [Fact]
    public void A_line_that_goes_out_stays_one_line_and_controls_no_terminal() => Assert.Equal(
        "\"a\" \\b \\u{1B}[31mred\\u{202E}\\u{9B}2J é日 \\u{7}",
        Printable.Line("\"a\" \\b\n\u001b[31mred\u202e\u009b2J\r é日 \a"));

    [Theory]
    [InlineData("", 10, "")]
    [InlineData("0123456789", 10, "0123456789")]
    [InlineData("0123456789x", 10, "0123456789… (11 characters)")]
    [InlineData("01234567\nx", 9, "01234567… (10 characters)")]
    [InlineData("a b", 10, "a b")]
    public void Printed_text_is_cut_between_characters(string text, int max, string shown) =>
        Assert.Equal(shown, Printable.Text(text, max));
}
