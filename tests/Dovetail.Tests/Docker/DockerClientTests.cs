using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Dovetail.Docker;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

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
        engine.Interfere = context => RefuseIfAsync(
            context,
            context.Request.Path.StartsWithSegments("/v1.41"),
            400,
            "client version 1.41 is too old. Minimum supported API version is 1.44");

        await Assert.ThrowsAsync<DockerException>(() => client.ListContainersAsync(Cancelled));

        Assert.Empty(await client.ListContainersAsync(Cancelled));
    }

    [Theory]
    [InlineData(204, null)]
    // It is so already.
    [InlineData(304, null)]
    [InlineData(500, "Docker answered 500 to POST /v1.41/containers/web/start: port is already allocated.")]
    [InlineData(403, "ALLOW_START=1")]
    public async Task An_order_is_carried_out_or_refused_with_the_Engines_reason(int status, string? refusal)
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = context =>
        {
            var isOrder = HttpMethods.IsPost(context.Request.Method);
            context.Response.StatusCode = isOrder ? status : 200;
            return isOrder && refusal is null ? Task.FromResult(true) : RefuseIfAsync(context, isOrder, status, "port is already allocated");
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Record.ExceptionAsync(() => client.StartContainerAsync("web", Cancelled));
        var other = await Record.ExceptionAsync(() => client.StopContainerAsync("web", TimeSpan.FromSeconds(10), Cancelled));

        Assert.Equal(refusal is null, error is null && other is null);
        Assert.Contains(refusal ?? "", error?.Message ?? "", StringComparison.Ordinal);
        // The container's own time and signal: none is asked for.
        Assert.Equal(["/v1.41/containers/web/start", "/v1.41/containers/web/stop"], engine.Requests.Skip(1));
    }

    [Fact]
    public async Task A_container_that_is_not_there_is_null()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        Assert.Null(await client.InspectContainerAsync("nobody", Cancelled));
    }

    [Fact]
    public async Task A_missing_socket_says_what_to_do()
    {
        await using var engine = new ScriptedEngine();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.GetVersionAsync(Cancelled));

        Assert.StartsWith(
            $"Docker's socket {engine.SocketPath} does not exist. Start Docker, mount its socket", error.Message, StringComparison.Ordinal);
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
        Assert.Contains("did not answer GET /version within 0.2 s", error.Message, StringComparison.Ordinal);
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
    public async Task An_id_cannot_name_another_call()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        var targets = new ConcurrentQueue<string>();
        engine.Interfere = context =>
        {
            targets.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            return Task.FromResult(false);
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        Assert.Null(await client.InspectContainerAsync("../x?a=1#b", Cancelled));

        Assert.Equal(["/version", "/v1.41/containers/..%2Fx%3Fa%3D1%23b/json"], targets);
    }

    [Fact]
    public async Task A_redirect_is_a_refusal()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.OpenEventsAsync(null, Cancelled));

        Assert.Equal(HttpStatusCode.Redirect, error.StatusCode);
        Assert.DoesNotContain("/elsewhere", engine.Requests);
    }

    [Fact]
    public async Task An_answer_that_is_cut_short_is_no_answer()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(async context =>
        {
            // The server closes the connection over the 98 bytes that are missing.
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("[]", context.RequestAborted);
        });
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.ListContainersAsync(Cancelled));

        Assert.Contains("broke", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_end_is_left_at_a_limit()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(context => ScriptedEngine.WriteWithoutEndAsync(context, "[\""));
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.ListContainersAsync(Cancelled));

        Assert.Contains("its answer to GET /containers/json cannot be read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_never_ends_is_left_when_the_time_is_up()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = ScriptedEngine.AllButVersion(async context =>
        {
            context.Response.StatusCode = 500;
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System) { CallTimeout = TimeSpan.FromSeconds(1) };

        var error = await Assert.ThrowsAsync<DockerException>(() => client.OpenEventsAsync(null, Cancelled));

        Assert.Contains("did not answer GET /events within 1 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_odd_value_that_nobody_reads_is_passed_over()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = async context =>
        {
            await context.Response.WriteAsync(
                context.Request.Path.Value!.Split('/')[^2..] switch
                {
                    [_, "networks"] => """[{"Id":"n1","Driver":"bridge","Created":7.5,"IPAM":"","Containers":[]}]""",
                    ["", "version"] => """{"ApiVersion":"1.41","Version":"99.0","Experimental":"no","Components":{}}""",
                    _ => """
                        {"Type":"container","Action":"start","time":"now","scope":{},"Actor":{"ID":"c1","Attributes":{"maintainer":7}}}
                        """,
                },
                context.RequestAborted);
            return true;
        };
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        Assert.Equal("99.0", (await client.GetVersionAsync(Cancelled)).Engine);
        Assert.Equal("bridge", Assert.Single(await client.ListNetworksAsync(Cancelled)).Driver);
        await using var events = await client.OpenEventsAsync(null, Cancelled);
        Assert.Equal("c1", Assert.Single(await events.ReadAsync(Cancelled).ToListAsync(Cancelled)).Actor.ID);
    }

    [Fact]
    public async Task A_socket_proxy_that_forbids_a_call_is_said_so()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Interfere = context => RefuseIfAsync(
            context, context.Request.Path.Value!.EndsWith("/events", StringComparison.Ordinal), 403, "no\nway");
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);

        var error = await Assert.ThrowsAsync<DockerException>(() => client.OpenEventsAsync(null, Cancelled));

        Assert.Contains("403 to GET /v1.41/events: no\\nway", error.Message, StringComparison.Ordinal);
        Assert.Contains("must allow VERSION, EVENTS, CONTAINERS and NETWORKS", error.Message, StringComparison.Ordinal);
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
