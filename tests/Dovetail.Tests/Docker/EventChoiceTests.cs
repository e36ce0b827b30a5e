using Docker.DotNet.Models;
using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class EventChoiceTests
{
    // As Docker 20.10 and Podman 4.3 name them in their streams; died and remove also in older Podmans.
    [Theory]
    [InlineData("container", "start")]
    [InlineData("container", "die")]
    [InlineData("container", "died")]
    [InlineData("container", "stop")]
    [InlineData("container", "kill")]
    [InlineData("container", "oom")]
    [InlineData("container", "destroy")]
    [InlineData("container", "remove")]
    [InlineData("container", "cleanup")]
    [InlineData("container", "rename")]
    [InlineData("container", "update")]
    [InlineData("container", "health_status: healthy")]
    [InlineData("container", "health_status")]
    [InlineData("container", "a name of later releases")]
    [InlineData("network", "connect")]
    [InlineData("network", "disconnect")]
    [InlineData("service", "update")]
    [InlineData("service", "create")]
    [InlineData("node", "update")]
    [InlineData(null, null)]
    public void What_may_have_changed_something_matters(string? type, string? action) =>
        Assert.True(EventChoice.Matters(new Message { Type = type!, Action = action! }));

    [Theory]
    [InlineData("container", "exec_create: wget -q localhost")]
    [InlineData("container", "exec_start: wget -q localhost")]
    [InlineData("container", "exec_die")]
    [InlineData("container", "exec_died")]
    [InlineData("container", "top")]
    [InlineData("container", "attach")]
    [InlineData("image", "pull")]
    [InlineData("volume", "mount")]
    [InlineData("builder", "prune")]
    public void What_changes_nothing_does_not(string type, string action) =>
        Assert.False(EventChoice.Matters(new Message { Type = type, Action = action }));
}
