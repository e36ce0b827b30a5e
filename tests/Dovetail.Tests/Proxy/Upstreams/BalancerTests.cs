using System.Diagnostics;
using Dovetail.Services.Model;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Upstreams;

/// <summary>Which of several upstreams a request goes to.</summary>
public sealed class BalancerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failing_replica_is_used_again_once_it_accepts()
    {
        var late = await TestUpstream.GoneAsync("late");
        await using var alive = await TestUpstream.StartAsync(context => context.Response.WriteAsync("alive", Token), "alive");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with { Upstreams = [late, alive.Upstream] });
        using var client = listener.Client();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("alive", await client.GetStringAsync("/", Token));
        }

        await using var back = await TestUpstream.StartAsync(
            context => context.Response.WriteAsync("late", Token), "late", port: late.Port);

        await EventuallyAnswersAsync(client, "late");
    }

    [Theory]
    [InlineData("Starting", "Wait", false)]
    [InlineData("Unhealthy", "Wait", false)]
    [InlineData("Unhealthy", "Ignore", true)]
    [InlineData("Healthy", "Wait", true)]
    public async Task Containers_that_are_not_healthy_get_requests_only_when_no_other_does(string health, string mode, bool used)
    {
        await using var sick = await TestUpstream.StartAsync(context => context.Response.WriteAsync("sick", Token), "sick");
        await using var well = await TestUpstream.StartAsync(context => context.Response.WriteAsync("well", Token), "well");
        var unwell = sick.Upstream with { Health = Enum.Parse<UpstreamHealth>(health) };
        var service = TestListener.Service() with { Health = Enum.Parse<HealthMode>(mode), Upstreams = [unwell, well.Upstream] };
        await using var listener = await TestListener.StartAsync(service);
        using var client = listener.Client();

        var answers = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            answers.Add(await client.GetStringAsync("/", Token));
        }

        Assert.Equal(used, answers.Contains("sick"));
        await listener.UpdateAsync(service with { Upstreams = [unwell] });
        Assert.Equal("sick", await client.GetStringAsync("/", Token));
    }

    [Fact]
    public async Task A_container_that_is_told_to_stop_gets_no_request_while_there_is_another()
    {
        await using var leaving = await TestUpstream.StartAsync(context => context.Response.WriteAsync("leaving", Token), "leaving");
        await using var sick = await TestUpstream.StartAsync(context => context.Response.WriteAsync("sick", Token), "sick");
        await using var listener = await TestListener.StartAsync(TestListener.Service() with
        {
            Health = HealthMode.Ignore,
            Upstreams =
            [
                leaving.Upstream with { Health = UpstreamHealth.Stopping },
                sick.Upstream with { Health = UpstreamHealth.Unhealthy },
            ],
        });
        using var client = listener.Client();

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal("sick", await client.GetStringAsync("/", Token));
        }
    }

    [Fact]
    public async Task Slow_requests_draw_the_next_ones_to_the_other_replica()
    {
        var arrived = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        await using var one = await TestUpstream.StartAsync(context => HandleAsync(context, "one"), "one");
        await using var two = await TestUpstream.StartAsync(context => HandleAsync(context, "two"), "two");
        await using var listener = await TestListener.StartAsync(TestListener.Service(one, two));
        using var client = listener.Client();
        var slow = client.GetStringAsync("/slow", Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(20), Token);

        var others = new HashSet<string>();
        for (var i = 0; i < 6; i++)
        {
            others.Add(await client.GetStringAsync("/", Token));
        }

        release.SetResult();
        Assert.NotEqual(await slow, Assert.Single(others));

        async Task HandleAsync(HttpContext context, string name)
        {
            if (context.Request.Path == "/slow")
            {
                arrived.SetResult();
                await release.Task;
            }

            await context.Response.WriteAsync(name, Token);
        }
    }

    private static async Task EventuallyAnswersAsync(HttpClient client, string answer)
    {
        var start = Stopwatch.GetTimestamp();
        while (await client.GetStringAsync("/", Token) != answer)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), $"No upstream answered {answer}.");
            await Task.Delay(20, Token);
        }
    }
}
