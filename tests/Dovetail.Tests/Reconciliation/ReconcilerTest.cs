using System.Globalization;
using Dovetail.Containers;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;
using Dovetail.Tests.Nodes.Fakes;
using Dovetail.Tests.Services;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Reconciliation;

/// <summary>A reconciler with containers and nodes that are as the test says.</summary>
public abstract class ReconcilerTest : IAsyncDisposable
{
    private protected static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);
    private protected static readonly TimeSpan Resync = TimeSpan.FromSeconds(30);
    private protected static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    protected ReconcilerTest()
        : this(new ServiceOptions())
    {
    }

    private protected ReconcilerTest(ServiceOptions services)
    {
        Nodes = new FakeNodes(Journal);
        Reconciler = new Reconciler(Snapshots, Nodes, services, new ReconcilerOptions(Grace, Resync), Clock, Log);
    }

    private protected TestClock Clock { get; } = new();

    private protected Journal Journal { get; } = new();

    private protected FakeSnapshots Snapshots { get; } = new();

    private protected FakeNodes Nodes { get; }

    private protected FakeLogger<Reconciler> Log { get; } = new();

    private protected Reconciler Reconciler { get; }

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public virtual async ValueTask DisposeAsync()
    {
        await Reconciler.StopAsync(CancellationToken.None);
        Reconciler.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static Container Container(string service, int replica = 1) => SampleContainer.Named(
        string.Create(CultureInfo.InvariantCulture, $"{service}-{replica}"),
        replica,
        $"dovetail.name={service}",
        "dovetail.port=80",
        "com.docker.compose.project=shop",
        $"com.docker.compose.service={service}");

    private protected async Task StartAsync(params Container[] containers)
    {
        await Reconciler.StartAsync(Cancellation);
        await TestClock.UntilAsync(() => Snapshots.Readings == 1);
        if (containers.Length > 0)
        {
            List(containers);
        }
    }

    private protected async Task StartListedAsync()
    {
        await StartAsync();
        List();
        await TestClock.UntilAsync(() => Reconciler.Report().LastReconciled is not null);
    }

    private protected void List(params Container[] containers) => Snapshots.Push(SampleContainer.Snapshot(OwnLocation.OnHost, containers));

    /// <summary>Takes a node down that ends only with <paramref name="ending"/>.</summary>
    private protected async Task RemoveAsync(string name, Task ending)
    {
        await StartAsync(Container(name));
        await HasAsync($"{name}: begun");
        ((FakeNode)Reconciler.Find(name)!).Ending = ending;
        List();
        await Clock.AdvanceUntilAsync(() => Journal.Has($"{name}: stopping"), Step);
    }

    private protected Task HasAsync(string line) => TestClock.UntilAsync(() => Journal.Has(line), () => Journal.ToString());
}
