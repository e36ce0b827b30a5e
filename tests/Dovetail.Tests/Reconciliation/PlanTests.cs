using Dovetail.Common;
using Dovetail.Reconciliation;
using Dovetail.Services;
using Dovetail.Services.Model;

namespace Dovetail.Tests.Reconciliation;

public sealed class PlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    [Fact]
    public void A_new_service_gets_a_node()
    {
        var plan = From([Service("web")]);

        Assert.Equal("web", Assert.Single(plan.Add).Name);
        Assert.Empty(plan.Update);
    }

    [Fact]
    public void The_same_service_again_is_nothing_to_do()
    {
        var plan = From([Service("web")], new TrackedService(Service("web"), null));

        Assert.Empty(plan.Add.Concat(plan.Update).Concat(plan.Idle));
        Assert.Empty(plan.Remove);
    }

    [Fact]
    public void Another_upstream_is_an_update_and_touches_no_other_service()
    {
        var plan = From(
            [Service("api"), Service("web", "172.17.0.3")],
            new TrackedService(Service("api"), null), new TrackedService(Service("web", "172.17.0.2"), null));

        Assert.Equal("web", Assert.Single(plan.Update).Name);
        Assert.Empty(plan.Add);
    }

    [Fact]
    public void A_service_whose_container_went_idles_first()
    {
        var plan = From([], new TrackedService(Service("web", "172.17.0.2"), null));

        Assert.Empty(Assert.Single(plan.Idle).Upstreams);
        Assert.Empty(plan.Remove);
        Assert.Equal(Now + Grace, plan.NextDeadline);
    }

    [Fact]
    public void Within_the_grace_period_nothing_happens_again()
    {
        var plan = From([], new TrackedService(Service("web"), Now - TimeSpan.FromMinutes(4)));

        Assert.Empty(plan.Idle);
        Assert.Empty(plan.Remove);
        Assert.Equal(Now + TimeSpan.FromMinutes(1), plan.NextDeadline);
    }

    [Fact]
    public void An_idle_service_knows_how_its_container_ended_as_long_as_that_is_known()
    {
        var ended = new ContainerNotRunning("web", NotRunningState.Ended, 3);
        var serving = new TrackedService(Service("web", "172.17.0.2"), null);

        var idle = Assert.Single(Plan.From([], Actual(serving), Now, Grace, [new EndedService("web", [ended])]).Idle);
        Assert.Equal([ended], idle.NotRunning);

        var since = new TrackedService(idle, Now);
        Assert.Empty(Plan.From([], Actual(since), Now, Grace, [new EndedService("web", [ended])]).StillIdle);
        var removed = Assert.Single(Plan.From([], Actual(since), Now, Grace, [new EndedService("other", [ended])]).StillIdle);
        Assert.Empty(removed.Service.NotRunning);
        Assert.Equal(Now, removed.UnwantedSince);
    }

    [Fact]
    public void A_container_that_comes_back_in_time_finds_its_node()
    {
        var plan = From([Service("web")], new TrackedService(Service("web"), Now - TimeSpan.FromMinutes(4)));

        Assert.Equal("web", Assert.Single(plan.Update).Name);
        Assert.Null(plan.NextDeadline);
    }

    [Fact]
    public void After_the_grace_period_the_node_goes()
    {
        var plan = From([], new TrackedService(Service("web"), Now - Grace));

        Assert.Equal("web", Assert.Single(plan.Remove));
        Assert.Null(plan.NextDeadline);
    }

    [Fact]
    public void Without_a_grace_period_it_goes_at_once() =>
        Assert.Equal("web", Assert.Single(Plan.From([], Actual(new TrackedService(Service("web"), null)), Now, TimeSpan.Zero).Remove));

    private static Plan From(ServiceSpec[] desired, params TrackedService[] actual) => Plan.From(desired, Actual(actual), Now, Grace);

    private static Dictionary<string, TrackedService> Actual(params TrackedService[] actual) =>
        actual.ToDictionary(known => known.Service.Name);

    private static ServiceSpec Service(string name, params string[] hosts) => new()
    {
        Name = name,
        Upstreams = hosts.Select(host => new Upstream
        {
            ContainerId = host,
            ContainerName = host,
            Scheme = UpstreamScheme.Http,
            Host = host,
            Port = 80,
            Route = "",
        }).ToEquatableArray(),
    };
}
