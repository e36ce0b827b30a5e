using Dovetail.Docker;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Docker;

public sealed class DockerEventStreamTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Events_come_one_by_one_and_end_with_the_stream()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await using var events = await client.OpenEventsAsync(DateTimeOffset.FromUnixTimeSeconds(5), Cancelled);
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");
        await using var reader = events.ReadAsync(Cancelled).GetAsyncEnumerator(Cancelled);

        engine.Send("""{"Type":"container","Action":"health_status: healthy","Actor":{"ID":"c1","Attributes":{"name":"web"}}}""");
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(("container", "health_status: healthy", "c1"), (reader.Current.Type, reader.Current.Action, reader.Current.Actor!.ID));
        engine.Send("""{"Type":"network","Action":"connect"}""");
        Assert.True(await reader.MoveNextAsync());
        engine.CutEvents();
        Assert.False(await reader.MoveNextAsync());
        Assert.Contains("since=5", engine.Requests.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_among_the_events_is_a_failure_and_no_crash()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await using var events = await client.OpenEventsAsync(null, Cancelled);
        await Eventually.TrueAsync(() => engine.Subscribers == 1, "the subscription");
        await using var reader = events.ReadAsync(Cancelled).GetAsyncEnumerator(Cancelled);

        engine.Send("<html>");

        await Assert.ThrowsAsync<DockerException>(async () => await reader.MoveNextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_event_that_is_cut_off_is_a_failure(bool abort)
    {
        var taken = new TaskCompletionSource();
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(async context =>
        {
            await context.Response.WriteAsync("""{"Type":"network"}""" + "\n" + """{"Type":"contai""", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await taken.Task.WaitAsync(context.RequestAborted);
            if (abort)
            {
                context.Abort();
            }
        });
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await using var events = await client.OpenEventsAsync(null, Cancelled);
        taken.SetResult();

        await Assert.ThrowsAsync<DockerException>(async () => await events.ReadAsync(Cancelled).ToListAsync(Cancelled));
    }

    [Fact]
    public async Task An_event_without_end_is_left_at_a_limit()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(context => ScriptedEngine.WriteWithoutEndAsync(context, """{"Type":" """));
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await using var events = await client.OpenEventsAsync(null, Cancelled);

        var error = await Assert.ThrowsAsync<DockerException>(async () => await events.ReadAsync(Cancelled).ToListAsync(Cancelled));

        Assert.Contains("more than", error.Message, StringComparison.Ordinal);
    }
}
