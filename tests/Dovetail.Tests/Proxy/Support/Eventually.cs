namespace Dovetail.Tests.Proxy.Support;

/// <summary>Waits for what happens on its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <param name="seen">What is the case instead, for the message.</param>
    public static async Task TrueAsync(Func<bool> condition, Func<string>? seen = null)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, $"It did not happen in time. {seen?.Invoke()}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
