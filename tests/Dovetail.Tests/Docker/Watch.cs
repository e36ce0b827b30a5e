using Dovetail.Containers;
using Dovetail.Docker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Docker;

/// <summary>A watcher with its client and its one reader.</summary>
internal sealed class Watch : IAsyncDisposable
{
    /// <summary>Nothing happens without an event; reconnects soon.</summary>
    public static readonly DockerWatcherOptions Patient = new()
    {
        Container = "none",
        ResyncInterval = TimeSpan.FromHours(1),
        InspectTimeout = TimeSpan.FromSeconds(20),
        MinReconnectDelay = TimeSpan.FromMilliseconds(20),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(200),
    };

    private readonly DockerClient _client;
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly IAsyncEnumerator<ContainerSnapshot> _snapshots;
    private Task<bool> _next;

    public Watch(DockerEndpoint endpoint, DockerWatcherOptions options)
    {
        _client = new DockerClient(endpoint, TimeProvider.System);
        Watcher = new DockerWatcher(_client, options, TimeProvider.System, new Random(1), Log);
        _snapshots = Watcher.WatchAsync(_stop.Token).GetAsyncEnumerator(CancellationToken.None);
        _next = _snapshots.MoveNextAsync().AsTask();
    }

    public FakeLogger<DockerWatcher> Log { get; } = new();

    public DockerWatcher Watcher { get; }

    /// <summary>What has been logged at a level.</summary>
    public IReadOnlyList<string> Logged(LogLevel level) =>
        [.. Log.Collector.GetSnapshot().Where(record => record.Level == level).Select(record => record.Message)];

    /// <summary>The next snapshot that is reported.</summary>
    public async Task<ContainerSnapshot> NextAsync()
    {
        try
        {
            Assert.True(await _next.WaitAsync(Eventually.Deadline, TestContext.Current.CancellationToken));
        }
        catch (TimeoutException)
        {
            Assert.Fail($"No snapshot within {Eventually.Deadline.TotalSeconds} s. Health: {Watcher.Health}");
        }

        var snapshot = _snapshots.Current;
        _next = _snapshots.MoveNextAsync().AsTask();
        return snapshot;
    }

    /// <summary>The next snapshot that is as it should be; others before it are passed over.</summary>
    public async Task<ContainerSnapshot> NextAsync(Func<ContainerSnapshot, bool> isWanted)
    {
        while (true)
        {
            var snapshot = await NextAsync();
            if (isWanted(snapshot))
            {
                return snapshot;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        await _snapshots.DisposeAsync();
        _client.Dispose();
        _stop.Dispose();
    }
}
