using System.Diagnostics;

namespace Dovetail.Tests.Docker;

/// <summary>Waits for what another thread or process brings about.</summary>
internal static class Eventually
{
    /// <summary>Long enough for a slow machine; a passing test does not wait for it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static async Task TrueAsync(Func<bool> condition, string what)
    {
        for (var watch = Stopwatch.StartNew(); !condition();)
        {
            Assert.True(watch.Elapsed < Limit, $"Waited {Limit.TotalSeconds} s in vain: {what}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}
