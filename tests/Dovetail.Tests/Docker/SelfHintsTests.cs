using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class SelfHintsTests
{
    private const string Id = "2ed01aaa586c8b8f13124ccb249d2f23fbb6c572ab121547defb6218cb34acd5";

    [Theory]
    [InlineData("9:name=systemd:/docker/" + Id + "\n0::/docker/" + Id)]
    [InlineData("0::/system.slice/docker-" + Id + ".scope\n")]
    [InlineData("0::/libpod_parent/libpod-" + Id)]
    [InlineData("0::/machine.slice/libpod-" + Id + ".scope/container\n")]
    public void A_cgroup_names_the_container(string cgroup) => Assert.Equal([Id], SelfHints.From("nas", cgroup, ""));

    [Fact]
    public void With_a_cgroup_namespace_the_mounts_name_the_container() => Assert.Equal(
        [Id],
        SelfHints.From(
            "nas",
            "0::/\n",
            "72 48 0:39 / / rw,relatime master:2 - overlay overlay rw\n"
            + $"89 72 254:0 /var/lib/docker/containers/{Id}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/vda rw\n"
            + $"90 72 254:0 /var/lib/docker/containers/{Id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw\n"));

    [Fact]
    public void Podmans_mounts_name_the_container() => Assert.Equal(
        [Id],
        SelfHints.From(
            "nas",
            "0::/\n",
            $"85 75 0:23 /containers/storage/overlay-containers/{Id}/userdata/hostname /etc/hostname rw,relatime - tmpfs tmpfs rw\n"));

    [Fact]
    public void On_the_host_the_mounts_of_other_containers_are_not_ours() => Assert.Empty(
        SelfHints.From("nas", "0::/user.slice\n", $"500 29 0:55 / /var/lib/docker/containers/{Id}/mounts/shm rw,nosuid - tmpfs shm rw\n"));

    [Fact]
    public void A_host_name_counts_only_when_it_looks_like_an_id()
    {
        Assert.Equal(["2ed01aaa586c"], SelfHints.From("2ed01aaa586c", "", ""));
        Assert.Empty(SelfHints.From("dovetail", "", ""));
        Assert.Empty(SelfHints.From("2ED01AAA586C", "", ""));
    }
}
