using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dovetail.Docker;
using Dovetail.Reconciliation;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Tests.Docker;
using Dovetail.Tests.Nodes.Fakes;
using Microsoft.Extensions.Logging.Testing;

namespace Dovetail.Tests.Reconciliation;

/// <summary>Services of a file beside those of containers, whether Docker is there or not.</summary>
public sealed class ServicesFileTests : ReconcilerTest
{
    private readonly Channel<ServicesFile> _files = Channel.CreateUnbounded<ServicesFile>();
    private readonly Reconciler _reconciler;
    private ServicesFile _file = new("/etc/services.yaml");

    public ServicesFileTests() =>
        _reconciler = new Reconciler(
            Snapshots,
            Nodes,
            new ServiceOptions(),
            new ReconcilerOptions(Grace, Resync),
            Clock,
            new FakeLogger<Reconciler>(),
            FilesAsync());

    [Fact]
    public async Task They_start_before_docker_has_been_listed_and_outlive_every_listing()
    {
        await _reconciler.StartAsync(Cancellation);
        Say("home: {upstream: http://192.168.1.10}");
        await HasAsync("home: begun");
        Assert.Null(_reconciler.Report().LastReconciled);
        var outcome = await _reconciler.ForgetAsync("home", force: false, Cancellation);
        Assert.Contains("not been listed yet", outcome.Reason, StringComparison.Ordinal);

        List(Container("web"));
        await HasAsync("web: begun");
        List();
        await Clock.AdvanceUntilAsync(() => Journal.Has("web: stopped"), Step);

        Assert.Equal(["home: start", "home: begun"], Journal.Lines.Where(line => line.StartsWith("home", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Containers_wait_for_the_file_which_has_the_first_right_to_a_name()
    {
        await _reconciler.StartAsync(Cancellation);
        List(Container("web"), Container("shop"));
        await Clock.AdvanceByAsync(Resync, Step);
        Assert.DoesNotContain("web: start", Journal.Lines);

        Say("web: {upstream: http://192.168.1.10}");

        await HasAsync("web: begun");
        await HasAsync("shop: begun");
        Assert.Equal("web-1", Assert.Single(_reconciler.Report().Rejected).Container);
        Assert.Equal("/etc/services.yaml:2", _reconciler.Find("web")!.Report.Service.Origin);
    }

    [Fact]
    public async Task One_that_is_taken_out_of_the_file_ends_after_the_grace_and_one_that_cannot_be_read_ends_nothing()
    {
        await _reconciler.StartAsync(Cancellation);
        Say("web: {upstream: http://192.168.1.10}\n  shop: {upstream: http://192.168.1.11}");
        List();
        await HasAsync("web: begun");

        Say("web: {upstream: http://192.168.1.10}");
        await HasAsync("shop: update to 0");
        _file = _file.With("broken");
        Assert.True(_files.Writer.TryWrite(_file));
        await Clock.AdvanceUntilAsync(() => Journal.Has("shop: stopped"), Step);

        Assert.Equal("broken; until it is mended, what it said before holds", Assert.Single(_reconciler.Report().Rejected).Reason);
        Assert.DoesNotContain("web: stopping", Journal.Lines);
        Assert.Equal(
            new ForgetOutcome(false, "web is wanted by /etc/services.yaml:2; take it out there first"),
            await _reconciler.ForgetAsync("web", force: true, Cancellation));
    }

    [Fact]
    public async Task Every_name_in_it_is_wanted_and_without_having_read_it_none_is_known_to_be_unwanted()
    {
        Nodes.States["old"] = Nodes.States["cloud"] = Nodes.States["bad"] = true;
        await using var engine = await ScriptedEngine.StartedAsync();
        using var client = new DockerClient(engine.Endpoint, TimeProvider.System);
        var states = new UnwantedStates(_reconciler, client, Nodes, new ServiceOptions());
        await _reconciler.StartAsync(Cancellation);
        List();
        Assert.True(_files.Writer.TryWrite(_file.With("the file does not exist")));
        await TestClock.UntilAsync(() => _reconciler.Report().LastReconciled is not null);
        var (none, problem) = await states.FindAsync(Cancellation);
        var kept = await _reconciler.ForgetAsync("old", force: true, Cancellation);

        Say("cloud: {container: nextcloud, port: 80}\n  bad: {container: x, alow: y}");
        await TestClock.UntilAsync(() => _reconciler.Report().File is { IsKnown: true });

        Assert.Empty(none);
        Assert.False(kept.Done);
        Assert.Contains("not known until /etc/services.yaml can be read", kept.Reason, StringComparison.Ordinal);
        Assert.Contains("the services file can be read: /etc/services.yaml: the file does not exist", problem, StringComparison.Ordinal);
        Assert.Equal("old", Assert.Single((await states.FindAsync(Cancellation)).States).Name);
    }

    public override async ValueTask DisposeAsync()
    {
        await _reconciler.StopAsync(CancellationToken.None);
        _reconciler.Dispose();
        await base.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private void Say(string services)
    {
        _file = ServicesFileReader.Read($"services:\n  {services}\n", _file, "dovetail");
        Assert.True(_files.Writer.TryWrite(_file));
    }

    private async IAsyncEnumerable<ServicesFile> FilesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var file in _files.Reader.ReadAllAsync(cancellationToken))
        {
            yield return file;
        }
    }
}
