using Dovetail.Services.Model;

namespace Dovetail.Tests.Reconciliation;

/// <summary>The service that Dovetail serves itself.</summary>
public sealed class OwnServiceTests() : ReconcilerTest(new ServiceOptions { Own = new ServiceSpec { Name = "home", IsOwn = true } })
{
    [Fact]
    public async Task It_is_there_before_docker_has_been_listed_and_stays_when_all_containers_go()
    {
        await StartAsync();
        await HasAsync("home: begun");

        List(Container("web"));
        await HasAsync("web: begun");
        List();
        await Clock.AdvanceUntilAsync(() => Journal.Has("web: stopped"), Step);

        Assert.Equal(1, Journal.Lines.Count(line => line == "home: start"));
        Assert.DoesNotContain(Journal.Lines, line => line.StartsWith("home: ", StringComparison.Ordinal) && line is not ("home: start" or "home: begun"));
    }

    [Fact]
    public async Task It_is_not_forgotten_while_it_is_asked_for()
    {
        await StartListedAsync();

        var outcome = await Reconciler.ForgetAsync("home", force: true, Cancellation);

        Assert.False(outcome.Done);
        Assert.Contains("DOVETAIL_DASHBOARD=home", outcome.Reason, StringComparison.Ordinal);
        Assert.False(Journal.Has("home: stopping"));
    }
}
