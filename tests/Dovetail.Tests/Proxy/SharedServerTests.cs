using System.Net.Sockets;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy;

/// <summary>All nodes are served by one Kestrel, and notice nothing of each other.</summary>
[Collection(AloneTests.Name)]
public sealed class SharedServerTests
{
    private const int Services = 20;
    private const int SpareThreads = 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_node_that_stops_lets_the_requests_of_another_be_and_can_come_back()
    {
        var goOn = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("begun,", Token);
            await goOn.Task;
            await context.Response.WriteAsync("ended", Token);
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        await using var other = await listener.BesideAsync(TestListener.Service(upstream) with { Name = "other" });
        using var client = listener.Client();
        using var response = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Token);

        await other.StopAsync(TimeSpan.Zero);

        await Assert.ThrowsAsync<SocketException>(() => listener.ConnectBareAsync(other.Ports.Https));
        goOn.SetResult();
        Assert.Equal("begun,ended", await response.Content.ReadAsStringAsync(Token));
        await using var again = await listener.BesideAsync(TestListener.Service(upstream) with { Name = "other" });
        await using var connected = await listener.ConnectBareAsync(again.Ports.Https);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_further_node_costs_no_thread()
    {
        await using var listener = await TestListener.StartAsync(TestListener.Service());
        var before = Threads;
        var more = new List<IAsyncDisposable>();

        for (var number = 0; number < Services; number++)
        {
            more.Add(await listener.BesideAsync(TestListener.Service() with { Name = $"web{number}" }));
        }

        Assert.InRange(Threads, 1, before + SpareThreads);
        foreach (var one in more)
        {
            await one.DisposeAsync();
        }
    }

    private static int Threads => Directory.GetDirectories("/proc/self/task").Length;
}
