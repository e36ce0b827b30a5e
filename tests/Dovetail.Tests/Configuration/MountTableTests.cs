using Dovetail.Configuration;

namespace Dovetail.Tests.Configuration;

/// <summary>Mount tables as containers of Docker 20.10 and Podman 4.3 have them, cut to the lines that matter.</summary>
public sealed class MountTableTests
{
    private const string State = "/var/lib/dovetail";
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private const string Container =
        $"""
        612 500 0:55 / / rw,relatime master:200 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/u,workdir=/w
        615 612 0:58 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
        622 612 8:1 /var/lib/docker/containers/{Id}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw
        623 612 8:1 /var/lib/docker/containers/{Id}/hostname /etc/hostname rw,relatime - ext4 /dev/sda1 rw
        624 612 8:1 /var/lib/docker/containers/{Id}/hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw

        """;

    [Fact]
    public void On_the_host_every_directory_stays()
    {
        var table = MountTable.Parse("27 1 254:0 / / rw,discard - ext4 /dev/vda rw\n28 27 0:9 / /run rw - tmpfs tmpfs rw");

        Assert.False(table.IsContainer);
        Assert.Null(table.WhyLost(State));
    }

    [Theory]
    [InlineData("/var/lib/docker/volumes/dovetail/_data", "ext4", null)]
    [InlineData("/srv/dovetail", "ext4", null)]
    [InlineData("/volumes/backup/_data", "ext4", null)]
    [InlineData($"/var/lib/docker/volumes/{Id}/_data", "ext4", "in a volume without a name")]
    [InlineData($"/@/containers/storage/volumes/{Id}/_data", "btrfs", "in a volume without a name")]
    // The volumes on a disk of their own.
    [InlineData($"/{Id}/_data", "xfs", "in a volume without a name")]
    [InlineData("/", "tmpfs", "in memory")]
    public void What_is_mounted_decides(string root, string type, string? why)
    {
        var table = MountTable.Parse(Container + $"630 612 8:1 {root} {State} rw,relatime master:1 - {type} /dev/sda1 rw\n");

        Assert.True(table.IsContainer);
        Assert.Contains(why ?? "", table.WhyLost(State) ?? "", StringComparison.Ordinal);
        Assert.Equal(why is null, table.WhyLost(State) is null);
    }

    [Fact]
    public void Without_a_mount_it_goes_with_the_container() =>
        Assert.Contains("in Dovetail's own container", MountTable.Parse(Container).WhyLost(State), StringComparison.Ordinal);

    [Fact]
    public void A_mount_above_the_directory_counts_and_one_beside_it_does_not()
    {
        Assert.Null(MountTable.Parse(Container + "630 612 8:1 /data /var/lib rw - ext4 /dev/sda1 rw").WhyLost(State));
        Assert.NotNull(MountTable.Parse(Container + $"630 612 8:1 /data {State}2 rw - ext4 /dev/sda1 rw").WhyLost(State));
        Assert.Null(MountTable.Parse(Container + "630 612 8:1 /data /my\\040state rw - ext4 /dev/sda1 rw").WhyLost("/my state/x"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("garbage\n1 2 3 - \n- - - - - - -\n")]
    public void What_it_does_not_understand_says_nothing(string text) => Assert.Null(MountTable.Parse(text).WhyLost(State));
}
