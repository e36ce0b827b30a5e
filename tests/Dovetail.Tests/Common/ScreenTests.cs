using System.Text;
using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class ScreenTests
{
    private const string Evil = "x\u001b[2J\ny";

    [Fact]
    public void Nothing_that_is_shown_controls_the_terminal()
    {
        var text = new StringBuilder();
        var screen = new Screen(Colour: false, Width: 80);

        screen.Append(text, $"{Evil}: ", Evil);
        screen.AppendTable(text, [["NAME"], [Evil]], static (_, _) => null);

        Assert.Equal("x\\u{1B}[2J y: x\\u{1B}[2J y\nNAME\nx\\u{1B}[2J y\n", text.ToString());
    }
}
