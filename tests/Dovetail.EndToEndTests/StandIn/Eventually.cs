namespace Dovetail.EndToEndTests.StandIn;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan limit)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < limit, $"after {limit.TotalSeconds} s it is still not so that {what}");
            await Task.Delay(Pause);
        }
    }
}
