using System.Text;
using Dovetail.Processes;

namespace Dovetail.Tests.Processes;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("one\ntwo\n", new[] { "one", "two" })]
    [InlineData("one\r\n\nlast without end", new[] { "one", "", "last without end" })]
    public async Task Lines_come_one_by_one(string text, string[] expected) => Assert.Equal(expected, await ReadAsync(text));

    [Fact]
    public async Task A_line_without_end_comes_in_pieces_and_nothing_is_lost()
    {
        var text = new string('x', (3 * LineReader.MaxLineLength) + 5);

        var lines = await ReadAsync(text + "\nnext\n");

        Assert.All(lines, line => Assert.InRange(line.Length, 1, LineReader.MaxLineLength));
        Assert.Equal(text + "next", string.Concat(lines));
    }

    private static async Task<List<string>> ReadAsync(string text)
    {
        var lines = new List<string>();
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        await LineReader.ReadAsync(stream, lines.Add, TestContext.Current.CancellationToken);
        return lines;
    }
}
