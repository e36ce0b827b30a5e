using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class ReconnectDelayTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(0, 1, 200)]
    [InlineData(0, 0, 100)]
    [InlineData(1, 1, 400)]
    [InlineData(5, 1, 6400)]
    [InlineData(6, 1, 10_000)]
    [InlineData(int.MaxValue, 0, 5_000)]
    public void The_wait_doubles_up_to_its_limit_with_jitter(int attempt, double random, double milliseconds) =>
        Assert.Equal(milliseconds, ReconnectDelay.After(attempt, Min, Max, random).TotalMilliseconds);
}
