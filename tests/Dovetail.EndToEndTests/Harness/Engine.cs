using System.Collections.Concurrent;
using Dovetail.EndToEndTests.Harness;

[assembly: AssemblyFixture(typeof(Engine))]
[assembly: AssemblyFixture(typeof(PodmanEngine))]

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The real Docker Engine that the tests run containers on, with the image they run. One for all tests.</summary>
public class Engine : IAsyncLifetime
{
    /// <summary>How the classic builder names what a step made.</summary>
    private const string LayerMark = " ---> ";

    private readonly ConcurrentStack<string> _layers = [];
    private readonly TestDirectory _clientSettings = new();
    private readonly string _run = $"dovetail-test-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly Lock _lock = new();
    private Task? _image;
    private volatile bool _used;

    /// <summary>As in <c>DOCKER_HOST</c>.</summary>
    internal virtual string Host => TestSettings.DockerHost;

    /// <summary>The test image; tests that start containers in another way need it by name.</summary>
    internal async Task<string> ImageAsync(CancellationToken cancellation)
    {
        await EnsureImageAsync(cancellation);
        return _run;
    }

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Takes away whatever a test left on the Engine.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        if (_used)
        {
            await RemoveAsync(["ps", "-aq", "--filter", $"label={_run}"], ["rm", "-f", "-v"]);
            // The last one first: each lies on the one before. Some go with others.
            await RemoveAsync(null, ["rmi", "-f", .. _layers.Distinct()]);
            await RemoveAsync(["images", "-q", "--filter", $"reference={_run}*"], ["rmi", "-f"]);
        }

        _clientSettings.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Runs a container of the test image in the background.</summary>
    /// <param name="labels">Full label names and values.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    /// <param name="command">What it runs; null: the web server.</param>
    internal async Task<TestContainer> RunContainerAsync(
        IReadOnlyDictionary<string, string> labels,
        string greeting = "Hello",
        IEnumerable<string>? options = null,
        IEnumerable<string>? command = null,
        CancellationToken cancellation = default)
    {
        await EnsureImageAsync(cancellation);
        // As process 1 httpd would ignore SIGTERM, and every stop would take Docker's 10 seconds.
        var result = await DockerAsync(
            [
                "run", "-d", "--stop-signal", "KILL", "--label", _run, "-e", $"GREETING={greeting}",
                .. labels.SelectMany(label => (string[])["-l", $"{label.Key}={label.Value}"]), .. options ?? [], _run, .. command ?? []],
            cancellation: cancellation);
        return new TestContainer(this, result.Stdout.Trim());
    }

    /// <summary>Makes an image from a root file system that <paramref name="write"/> writes.</summary>
    internal async Task ImportAsync(string tag, IEnumerable<string> changes, Func<Archive, Task> write, CancellationToken cancellation) =>
        await DockerAsync(
            ["import", .. changes.SelectMany(change => (string[])["-c", change]), "-", tag],
            async (stdin, _) =>
            {
                await using var archive = new Archive(stdin);
                await write(archive);
            },
            cancellation: cancellation);

    /// <summary>Builds the Dockerfile of a directory with the classic builder.</summary>
    internal async Task<string> BuildAsync(
        string tag, string directory, IReadOnlyDictionary<string, string> arguments, CancellationToken cancellation)
    {
        var build = await RunAsync(
            [
                "build", "--force-rm", "--network=none", "-t", tag,
                .. arguments.SelectMany(argument => (string[])["--build-arg", $"{argument.Key}={argument.Value}"]), directory],
            null,
            TimeSpan.FromMinutes(6),
            cancellation);
        foreach (var line in build.Stdout.Split('\n').Where(line => line.StartsWith(LayerMark, StringComparison.Ordinal)))
        {
            _layers.Push(line[LayerMark.Length..].Trim());
        }

        return build.MustSucceed().Stdout;
    }

    /// <summary>Runs the docker client.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds all it said.</exception>
    internal async Task<CommandResult> DockerAsync(
        IEnumerable<string> arguments, Func<Stream, CancellationToken, Task>? input = null, TimeSpan? deadline = null,
        CancellationToken cancellation = default) =>
        (await RunAsync(arguments, input, deadline, cancellation)).MustSucceed();

    /// <summary>Runs the docker client, which may fail.</summary>
    internal Task<CommandResult> TryDockerAsync(IEnumerable<string> arguments, CancellationToken cancellation) =>
        RunAsync(arguments, null, null, cancellation);

    /// <summary>A label that lets <see cref="DisposeAsync"/> find a container that a test started by itself.</summary>
    internal string Mark => _run;

    // The classic builder and no client settings: what a user's own configuration adds (proxies, contexts) is not under test.
    private Dictionary<string, string?> Environment => new()
    {
        ["DOCKER_HOST"] = Host,
        ["DOCKER_CONFIG"] = _clientSettings.Path,
        ["DOCKER_BUILDKIT"] = "0",
        ["DOCKER_CONTEXT"] = null,
    };

    private Task<CommandResult> RunAsync(
        IEnumerable<string> arguments, Func<Stream, CancellationToken, Task>? input, TimeSpan? deadline, CancellationToken cancellation)
    {
        var environment = Environment;
        _used = true;
        return Command.RunAsync("docker", arguments, environment, input, deadline, cancellation);
    }

    private async Task EnsureImageAsync(CancellationToken cancellation)
    {
        Task image;
        lock (_lock)
        {
            image = _image ??= TestImage.ImportAsync(this, _run, CancellationToken.None);
        }

        await image.WaitAsync(cancellation);
    }

    /// <param name="list">What prints the ids to remove; null when <paramref name="remove"/> has them.</param>
    private async Task RemoveAsync(string[]? list, string[] remove)
    {
        string[] found = list is null ? [] : (await DockerAsync(list)).Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (remove.Length + found.Length > 2)
        {
            // What is gone already is no failure.
            await Command.RunAsync("docker", [.. remove, .. found.Distinct()], Environment);
        }
    }
}
