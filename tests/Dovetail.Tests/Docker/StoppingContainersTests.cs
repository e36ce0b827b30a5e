using Docker.DotNet.Models;
using Dovetail.Containers;
using Dovetail.Docker;
using Dovetail.Tests.Services;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Docker;

public sealed class StoppingContainersTests
{
    private static readonly Container Web = SampleContainer.Named("web", 0) with { StopTimeout = TimeSpan.FromSeconds(20) };
    private static readonly Container Nginx = SampleContainer.Named("nginx", 1) with { StopSignal = 3 };
    private static readonly ContainerSnapshot Both = SampleContainer.Snapshot(OwnLocation.OnHost, Web, Nginx);

    private readonly FakeTimeProvider _time = new();
    private readonly List<ContainerSnapshot> _published = [];
    private readonly StoppingContainers _stopping;

    public StoppingContainersTests() => _stopping = new StoppingContainers(_time, _published.Add);

    private IEnumerable<string> Stopping =>
        _published[^1].Containers.Where(container => container.IsStopping).Select(container => container.Name);

    [Fact]
    public void A_container_that_is_told_to_stop_is_published_as_such_at_once()
    {
        List(Both);

        _stopping.Heard(Kill(Web, "15"));

        Assert.Equal(2, _published.Count);
        Assert.Equal(["web"], Stopping);
    }

    [Theory]
    [InlineData("3", true)]
    [InlineData("9", true)]
    [InlineData("15", false)]
    [InlineData("1", false)]
    [InlineData("x", false)]
    public void Only_its_own_stop_signal_and_SIGKILL_tell_a_container_to_stop(string signal, bool stops)
    {
        List(Both);

        _stopping.Heard(Kill(Nginx, signal));

        Assert.Equal(stops, Stopping.Contains("nginx"));
    }

    [Fact]
    public void A_container_that_has_started_again_is_not_stopping()
    {
        List(Both);
        _stopping.Heard(Kill(Web, "15"));
        _stopping.Heard(new Message { Type = "container", Action = "die", Actor = new Actor { ID = Web.Id } });
        _stopping.Heard(new Message { Type = "container", Action = "start", Actor = new Actor { ID = Web.Id } });

        List(Both);

        Assert.Empty(Stopping);
    }

    [Fact]
    public void It_is_stopping_until_a_listing_leaves_it_out()
    {
        List(Both);
        _stopping.Heard(Kill(Web, "15"));
        List(Both);
        Assert.Equal(["web"], Stopping);

        _time.Advance(TimeSpan.FromSeconds(1));
        List(SampleContainer.Snapshot(OwnLocation.OnHost, Nginx));
        List(Both);

        Assert.Empty(Stopping);
        Assert.Null(_stopping.NextExpiry);
    }

    // The snapshot before may never have been read.
    [Fact]
    public void One_that_has_ended_and_may_be_started_again_is_published_as_told_to_stop()
    {
        List(Both);
        _stopping.Heard(Kill(Web, "15"));

        List(SampleContainer.Snapshot(OwnLocation.OnHost, Nginx) with { Asleep = [Web with { State = ContainerState.Exited }] });

        Assert.True(Assert.Single(_published[^1].Asleep).IsStopping);
    }

    [Fact]
    public void One_that_runs_on_past_its_time_for_stopping_is_taken_for_running()
    {
        List(Both);
        _stopping.Heard(Kill(Web, "15"));
        _time.Advance(TimeSpan.FromSeconds(20));
        List(Both);
        Assert.Equal(["web"], Stopping);
        var left = Assert.NotNull(_stopping.NextExpiry);

        _time.Advance(left);
        List(Both);

        Assert.Empty(Stopping);
    }

    [Fact]
    public void Events_of_unknown_containers_publish_nothing()
    {
        _stopping.Heard(Kill(Web, "15"));
        List(SampleContainer.Snapshot(OwnLocation.OnHost, Nginx));

        _stopping.Heard(Kill(Web, "15"));
        _stopping.Heard(new Message { Type = "container", Action = "kill" });
        _stopping.Heard(new Message { Type = "container", Action = "kill", Actor = new Actor { ID = Nginx.Id } });

        Assert.Single(_published);
    }

    private static Message Kill(Container container, string signal) => new()
    {
        Type = "container",
        Action = "kill",
        Actor = new Actor { ID = container.Id, Attributes = new Dictionary<string, string> { ["signal"] = signal } },
    };

    private void List(ContainerSnapshot snapshot) => _stopping.Listed(snapshot, _time.GetTimestamp());
}
