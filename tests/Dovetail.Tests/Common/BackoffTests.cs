using Dovetail.Common;

namespace Dovetail.Tests.Common;

public sealed class BackoffTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(1_000_000, 60)]
    public void Waits_double_up_to_the_longest(int failures, double seconds) =>
        Assert.Equal(seconds, Backoff.Wait(failures, Second, Minute, random: 0.5).TotalSeconds, precision: 3);

    [Fact]
    public void Jitter_stays_within_a_quarter()
    {
        Assert.Equal(TimeSpan.FromSeconds(45), Backoff.Wait(9, Second, Minute, random: 0));
        Assert.InRange(Backoff.Wait(9, Second, Minute, random: 0.999_999), TimeSpan.FromSeconds(74), TimeSpan.FromSeconds(75));
    }
}
