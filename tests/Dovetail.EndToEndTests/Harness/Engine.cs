using System.Collections.Concurrent;
using Dovetail.EndToEndTests.Harness;

[assembly: AssemblyFixture(typeof(Engine))]

namespace Dovetail.EndToEndTests.Harness;

/// <summary>The real Docker Engine that the tests run containers on, with the image they run. One for all tests.</summary>
public sealed class Engine : IAsyncLifetime
{
    /// <summary>How the classic builder names what a step made.</summary>
    private const string LayerMark = " ---> ";

    private readonly ConcurrentStack<string> _layers = [];
    private readonly TestDirectory _clientSettings = new();
    private readonly string _run = $"dovetail-test-{Guid.NewGuid().ToString("N")[..8]}";
    private readonly Lock _gate = new();
    private Task? _image;

    internal static string Host => TestSettings.DockerHost;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Takes away whatever a test left on the Engine.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_image is not null)
        {
            await RemoveAsync(["ps", "-aq", "--filter", $"label={_run}"], ["rm", "-f", "-v"]);
        }

        if (!_layers.IsEmpty)
        {
            // The last one first: each lies on the one before. Some go with others.
            await Command.RunAsync("docker", ["rmi", "-f", .. _layers.Distinct()], Environment);
        }

        await RemoveAsync(["images", "-q", "--filter", $"reference={_run}*"], ["rmi", "-f"]);

        _clientSettings.Dispose();
    }

    /// <summary>Runs a container of the test image in the background.</summary>
    /// <param name="labels">Full label names and values.</param>
    /// <param name="options">Further options of <c>docker run</c>.</param>
    internal async Task<TestContainer> RunContainerAsync(
        IReadOnlyDictionary<string, string> labels, string greeting = "Hello", IEnumerable<string>? options = null, CancellationToken cancellation = default)
    {
        await EnsureImageAsync(cancellation);
        // As process 1 httpd would ignore SIGTERM, and every stop would take Docker's 10 seconds.
        var result = await DockerAsync(
            ["run", "-d", "--stop-signal", "KILL", "--label", _run, "-e", $"GREETING={greeting}", .. labels.SelectMany(label => (string[])["-l", $"{label.Key}={label.Value}"]), .. options ?? [], _run],
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
    internal async Task<string> BuildAsync(string tag, string directory, IReadOnlyDictionary<string, string> arguments, CancellationToken cancellation)
    {
        var build = await Command.RunAsync(
            "docker",
            ["build", "--network=none", "-t", tag, .. arguments.SelectMany(argument => (string[])["--build-arg", $"{argument.Key}={argument.Value}"]), directory],
            Environment,
            deadline: TimeSpan.FromMinutes(6),
            cancellation: cancellation);
        foreach (var line in build.Stdout.Split('\n').Where(line => line.StartsWith(LayerMark, StringComparison.Ordinal)))
        {
            _layers.Push(line[LayerMark.Length..].Trim());
        }

        return build.MustSucceed().Stdout;
    }

    /// <summary>Runs the docker client.</summary>
    /// <exception cref="InvalidOperationException">It failed; the message holds all it said.</exception>
    internal async Task<CommandResult> DockerAsync(
        IEnumerable<string> arguments, Func<Stream, CancellationToken, Task>? input = null, TimeSpan? deadline = null, CancellationToken cancellation = default) =>
        (await Command.RunAsync("docker", arguments, Environment, input, deadline, cancellation)).MustSucceed();

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

    private async Task EnsureImageAsync(CancellationToken cancellation)
    {
        Task image;
        lock (_gate)
        {
            image = _image ??= TestImage.ImportAsync(this, _run, CancellationToken.None);
        }

        await image.WaitAsync(cancellation);
    }

    private async Task RemoveAsync(string[] list, string[] remove)
    {
        var found = (await DockerAsync(list)).Stdout.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct();
        if (found.Any())
        {
            await DockerAsync([.. remove, .. found]);
        }
    }
}
