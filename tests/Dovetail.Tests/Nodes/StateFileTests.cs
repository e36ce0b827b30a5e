using Dovetail.Nodes;

namespace Dovetail.Tests.Nodes;

public sealed class StateFileTests : IDisposable
{
    private static readonly DateTimeOffset LongAgo = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public void Only_what_a_tailscaled_left_is_a_state()
    {
        Add("web");
        Directory.CreateDirectory(Path.Combine(_root, "empty"));
        File.WriteAllText(Path.Combine(_root, "file"), "");

        Assert.Equal(["web"], StateFile.Find(_root).Select(state => state.Name));
        Assert.Empty(StateFile.Find(Path.Combine(_root, "nowhere")));
    }

    [Fact]
    public void A_state_was_last_used_when_it_was_written_or_marked()
    {
        var directory = Add("web");
        Directory.SetLastWriteTimeUtc(directory, LongAgo.UtcDateTime);
        Assert.Equal(LongAgo, Assert.Single(StateFile.Find(_root)).LastUsed);

        StateFile.MarkUsed(directory, LongAgo.AddDays(7));
        Assert.Equal(LongAgo.AddDays(7), Assert.Single(StateFile.Find(_root)).LastUsed);

        File.SetLastWriteTimeUtc(Path.Combine(directory, "tailscaled.state"), LongAgo.AddDays(9).UtcDateTime);
        Assert.Equal(LongAgo.AddDays(9), Assert.Single(StateFile.Find(_root)).LastUsed);
    }

    [Fact]
    public void What_is_not_there_is_not_marked_and_nothing_throws()
    {
        StateFile.MarkUsed(Path.Combine(_root, "web"), LongAgo);

        Assert.Empty(Directory.GetDirectories(_root));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string Add(string name)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, name)).FullName;
        var file = Path.Combine(directory, "tailscaled.state");
        File.WriteAllText(file, "{}");
        File.SetLastWriteTimeUtc(file, LongAgo.UtcDateTime);
        return directory;
    }
}
