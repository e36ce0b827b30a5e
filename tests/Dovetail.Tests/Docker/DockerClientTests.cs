using System.Diagnostics;
using System.Net.Sockets;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Docker;

public sealed class DockerClientTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.41", "1.12", "/v1.41/")]
    [InlineData("1.52", "1.44", "/v1.44/")]
    [InlineData("1.60", "1.50", "/v1.50/")]
    public async Task Calls_are_made_in_a_version_that_the_engine_speaks(string newest, string oldest, string prefix)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        (engine.ApiVersion, engine.MinApiVersion) = (newest, oldest);
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        await client.ListContainersAsync(Cancelled);

        Assert.Equal(["/version", prefix + "containers/json"], engine.Requests.Select(path => path.Split('?')[0]));
    }

    [Fact]
    public async Task An_engine_that_refuses_the_version_is_asked_again()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        await client.GetVersionAsync(Cancelled);
        (engine.ApiVersion, engine.MinApiVersion) = ("1.52", "1.44");
        engine.Interfere = context => RefuseIfAsync(context, context.Request.Path.StartsWithSegments("/v1.41"), 400, "client version 1.41 is too old. Minimum supported API version is 1.44");

        await Assert.ThrowsAsync<DockerException>(() => client.ListContainersAsync(Cancelled));

        Assert.Empty(await client.ListContainersAsync(Cancelled));
    }

    [Fact]
    public async Task A_container_that_is_not_there_is_null()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        Assert.Null(await client.InspectContainerAsync("nobody", Cancelled));
        Assert.Null(await client.InspectNetworkAsync("nothing", Cancelled));
    }

    [Fact]
    public async Task A_missing_socket_says_what_to_do()
    {
        await using var engine = new ScriptedEngine();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.StartsWith($"Docker's socket {engine.SocketPath} does not exist. Start Docker, mount its socket", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_nobody_listens_on_says_that_Docker_does_not_run()
    {
        await using var engine = new ScriptedEngine();
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(engine.SocketPath));
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.Contains("Docker is not running. Start it", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_does_not_resolve_is_named()
    {
        using var client = new DockerClient(new DockerEndpoint { Host = "no-such-host.invalid", Port = 2375 }, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.Contains("no-such-host.invalid", error.Message, StringComparison.Ordinal);
        Assert.Contains("DOCKER_HOST", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_left_when_the_time_is_up()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System) { ConnectTimeout = TimeSpan.FromMilliseconds(200) };

        var watch = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
        Assert.Contains("did not answer within 0.2 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_callers_own_token_is_no_failure_of_Docker()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var stop = new CancellationTokenSource();
        engine.Interfere = async context =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
            return true;
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ListContainersAsync(stop.Token));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1,2")]
    [InlineData("")]
    public async Task What_does_not_speak_the_engine_api_is_said_so(string body)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = async context =>
        {
            await context.Response.WriteAsync(body, context.RequestAborted);
            return true;
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.Contains("Check DOCKER_HOST", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_proxy_that_forbids_a_call_is_said_so()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = context => RefuseIfAsync(context, context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal), 403, "no\nway");
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.OpenEventsAsync(null, Cancelled));

        Assert.Contains("403 to GET /v1.41/events: no\\nway", error.Message, StringComparison.Ordinal);
        Assert.Contains("must allow VERSION, EVENTS, CONTAINERS and NETWORKS", error.Message, StringComparison.Ordinal);
    }

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

    private static async Task<bool> RefuseIfAsync(HttpContext context, bool refuse, int status, string message)
    {
        if (refuse)
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsJsonAsync(new { message }, context.RequestAborted);
        }

        return refuse;
    }
}
