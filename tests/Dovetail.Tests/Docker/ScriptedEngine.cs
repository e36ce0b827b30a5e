using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Dovetail.Docker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Docker;

/// <summary>A unix socket that answers like a Docker Engine and does what a real one cannot be made to do. Starts away.</summary>
internal sealed class ScriptedEngine : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dvt");
    private readonly ConcurrentDictionary<Channel<string>, bool> _subscribers = new();
    private WebApplication? _server;
    private CancellationTokenSource _down = new();

    public string SocketPath => Path.Combine(_folder.FullName, "d.sock");

    public DockerEndpoint Endpoint => new() { SocketPath = SocketPath };

    public string ApiVersion { get; set; } = "1.41";

    public string MinApiVersion { get; set; } = "1.12";

    /// <summary>By id: the container's name; each is listed as running, with <c>dovetail.name</c>.</summary>
    public ConcurrentDictionary<string, string> Containers { get; } = new();

    /// <summary>Called before anything is answered; when it returns true it has answered.</summary>
    public Func<HttpContext, Task<bool>> Interfere { get; set; } = _ => Task.FromResult(false);

    /// <summary>Called with an id and a list entry or details before they are answered.</summary>
    public Action<string, JsonObject> Change { get; set; } = (_, _) => { };

    /// <summary>Which containers the list leaves out, as it does those that have ended.</summary>
    public Func<string, bool> HidesInList { get; set; } = _ => false;

    /// <summary>By the path after the version, such as <c>/networks</c>: what else is answered.</summary>
    public ConcurrentDictionary<string, string> Answers { get; } = new();

    /// <summary>Path and query of everything that was asked.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public int Subscribers => _subscribers.Count;

    public int Subscriptions => Requests.Count(path => path.Contains("/events", StringComparison.Ordinal));

    public int Listings => Requests.Count(path => path.Contains("/containers/json", StringComparison.Ordinal));

    public static string Id(int number) => number.ToString("x", System.Globalization.CultureInfo.InvariantCulture).PadLeft(64, '0');

    public static async Task<ScriptedEngine> StartedAsync()
    {
        var engine = new ScriptedEngine();
        await engine.StartAsync();
        return engine;
    }

    /// <summary>For <see cref="Interfere"/>: answers everything but the question for the version.</summary>
    public static Func<HttpContext, Task<bool>> AllButVersion(Func<HttpContext, Task> answer) => async context =>
    {
        var isVersion = context.Request.Path == "/version";
        if (!isVersion)
        {
            await answer(context);
        }

        return !isVersion;
    };

    /// <summary>Answers with <paramref name="begin"/> and then blanks until the client goes away.</summary>
    public static async Task WriteWithoutEndAsync(HttpContext context, string begin)
    {
        await context.Response.WriteAsync(begin, context.RequestAborted);
        for (var block = new string(' ', 64 << 10); ;)
        {
            await context.Response.WriteAsync(block, context.RequestAborted);
        }
    }

    public async Task StartAsync()
    {
        _down = new CancellationTokenSource();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(SocketPath));
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(50));
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync();
    }

    public async Task StopAsync()
    {
        if (_server is not null)
        {
            await _down.CancelAsync();
            await _server.DisposeAsync();
            _server = null;
            File.Delete(SocketPath);
            _down.Dispose();
        }
    }

    /// <summary>Sends one line to every subscriber.</summary>
    public void Send(string line = """{"Type":"container","Action":"start","Actor":{"ID":"x"}}""")
    {
        foreach (var subscriber in _subscribers.Keys)
        {
            subscriber.Writer.TryWrite(line + "\n");
        }
    }

    /// <summary>Ends every event stream as the Engine ends it when it is told to stop.</summary>
    public void CutEvents()
    {
        foreach (var subscriber in _subscribers.Keys)
        {
            subscriber.Writer.TryComplete();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        Requests.Enqueue(context.Request.Path + context.Request.QueryString);
        try
        {
            if (!await Interfere(context))
            {
                await RouteAsync(context);
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    private Task RouteAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path == "/version")
        {
            var version = $$"""{"Version":"99.0","ApiVersion":"{{ApiVersion}}","MinAPIVersion":"{{MinApiVersion}}"}""";
            return WriteAsync(context, JsonNode.Parse(version)!);
        }

        if (path.EndsWith("/events", StringComparison.Ordinal))
        {
            return StreamEventsAsync(context);
        }

        if (path.EndsWith("/containers/json", StringComparison.Ordinal))
        {
            var entries =
                from container in Containers
                where !HidesInList(container.Key)
                orderby container.Key
                select Changed(container.Key, ListEntry(container.Key, container.Value));
            return WriteAsync(context, new JsonArray([.. entries]));
        }

        if (path.Split('/') is [.., "containers", var id, "json"] && Containers.TryGetValue(id, out var name))
        {
            return WriteAsync(context, Changed(id, Details(id, name)));
        }

        if (Answers.TryGetValue(path[path.IndexOf('/', 1)..], out var answer))
        {
            return WriteAsync(context, JsonNode.Parse(answer)!);
        }

        context.Response.StatusCode = 404;
        return WriteAsync(context, new JsonObject { ["message"] = "No such container" });
    }

    private async Task StreamEventsAsync(HttpContext context)
    {
        var lines = Channel.CreateUnbounded<string>();
        _subscribers.TryAdd(lines, true);
        try
        {
            await context.Response.Body.FlushAsync();
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(_down.Token, context.RequestAborted);
            await foreach (var line in lines.Reader.ReadAllAsync(ended.Token))
            {
                await context.Response.WriteAsync(line, ended.Token);
                await context.Response.Body.FlushAsync(ended.Token);
            }
        }
        finally
        {
            _subscribers.TryRemove(lines, out _);
        }
    }

    private JsonObject Changed(string id, JsonObject answer)
    {
        Change(id, answer);
        return answer;
    }

    private static JsonObject ListEntry(string id, string name) => new()
    {
        ["Id"] = id,
        ["Names"] = new JsonArray("/" + name),
        ["Created"] = 1795356606,
        ["State"] = "running",
        ["Status"] = "Up 1 second",
        ["Labels"] = new JsonObject { ["dovetail.name"] = name },
        ["Ports"] = new JsonArray(new JsonObject { ["PrivatePort"] = 80, ["Type"] = "tcp" }),
        ["HostConfig"] = new JsonObject { ["NetworkMode"] = "default" },
        ["NetworkSettings"] = Networks(),
    };

    private static JsonObject Details(string id, string name) => new()
    {
        ["Id"] = id,
        ["Name"] = "/" + name,
        ["Created"] = "2026-11-22T14:10:06.226111121Z",
        ["State"] = new JsonObject { ["Status"] = "running" },
        ["Config"] = new JsonObject
        {
            ["Labels"] = new JsonObject { ["dovetail.name"] = name },
            ["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() },
        },
        ["HostConfig"] = new JsonObject { ["NetworkMode"] = "default" },
        ["NetworkSettings"] = Networks(),
    };

    private static JsonObject Networks()
    {
        var bridge = new JsonObject { ["NetworkID"] = "n1", ["IPAddress"] = "172.17.0.2", ["Gateway"] = "172.17.0.1" };
        return new JsonObject { ["Networks"] = new JsonObject { ["bridge"] = bridge } };
    }

    private static async Task WriteAsync(HttpContext context, JsonNode body)
    {
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }
}
