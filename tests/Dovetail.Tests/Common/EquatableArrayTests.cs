using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class EquatableArrayTests
{
    [Theory]
    [InlineData(new int[0], new int[0], true)]
    [InlineData(new[] { 1, 2 }, new[] { 1, 2 }, true)]
    [InlineData(new[] { 1, 2 }, new[] { 2, 1 }, false)]
    [InlineData(new[] { 1, 2 }, new[] { 1 }, false)]
    public void It_compares_by_content(int[] left, int[] right, bool equal)
    {
        EquatableArray<int> one = [.. left];
        var other = right.ToEquatableArray();

        Assert.Equal(equal, one == other);
        Assert.Equal(equal, one.Equals((object)other));
        Assert.Equal(!equal, one != other);
        Assert.Equal(equal, one.GetHashCode() == other.GetHashCode());
    }

    [Fact]
    public void One_that_was_never_set_is_empty()
    {
        EquatableArray<string> unset = default;

        Assert.Empty(unset);
        Assert.True(unset == []);
        Assert.Equal(new EquatableArray<string>([]).GetHashCode(), unset.GetHashCode());
    }

    [Fact]
    public void Records_that_hold_one_compare_by_content()
    {
        Assert.Equal(new Holder([new("a"), new("b")]), new Holder([new("a"), new("b")]));
        Assert.NotEqual(new Holder([new("a")]), new Holder([new("b")]));
    }

    private sealed record Holder(EquatableArray<Item> Items);

    private sealed record Item(string Name);
}
