using System.Collections.Immutable;
using Dovetail.Tailscale;

namespace Dovetail.Tests.Tailscale;

public sealed class TailscaleArgumentsTests
{
    [Fact]
    public void Up_describes_the_node_completely() => Assert.Equal(
        [
            "--socket=/run/dovetail/nodes/web.sock", "up", "--reset", "--auth-key=file:/run/dovetail/keys/k", "--hostname=web",
            "--advertise-tags=tag:a,tag:b", "--login-server=https://headscale.example.com", "--accept-dns=false", "--timeout=60s",
        ],
        TailscaleArguments.Up("/run/dovetail/nodes/web.sock", new UpOptions
        {
            HostName = "web",
            Tags = ["tag:a", "tag:b"],
            ControlUrl = "https://headscale.example.com",
            KeyFile = "/run/dovetail/keys/k",
            Timeout = TimeSpan.FromSeconds(60),
        }));

    [Fact]
    public void What_is_not_given_is_left_to_reset() => Assert.Equal(
        ["--socket=/s", "up", "--reset", "--hostname=web", "--accept-dns=false", "--timeout=15s"],
        TailscaleArguments.Up("/s", new UpOptions { HostName = "web", Timeout = TimeSpan.FromSeconds(15) }));

    [Fact]
    public void Tailscaled_runs_in_userspace_with_its_own_state_and_socket() => Assert.Equal(
        ["--tun=userspace-networking", "--statedir=/var/lib/dovetail/web", "--socket=/run/dovetail/nodes/web.sock", "--port=0"],
        TailscaleArguments.Daemon("/var/lib/dovetail/web", "/run/dovetail/nodes/web.sock"));

    [Fact]
    public void Tailscaled_lets_go_of_vanished_clients_after_a_minute_unless_the_user_says_otherwise()
    {
        var plain = TailscaleArguments.DaemonEnvironment(Environment("PATH=/bin"), "7", "/logs", 128 << 20);
        var chosen = TailscaleArguments.DaemonEnvironment(Environment("TS_NETSTACK_KEEPALIVE_IDLE=2h"), "7", "/logs", 128 << 20);

        Assert.Equal(
            Environment(
                "PATH=/bin", "TS_PARENT_DEATH_FD=7", "TS_LOGS_DIR=/logs", "GOMEMLIMIT=134217728",
                "TS_NETSTACK_KEEPALIVE_IDLE=60s", "TS_NETSTACK_KEEPALIVE_INTERVAL=15s"),
            plain);
        Assert.Equal(("2h", "15s"), (chosen["TS_NETSTACK_KEEPALIVE_IDLE"], chosen["TS_NETSTACK_KEEPALIVE_INTERVAL"]));
    }

    [Fact]
    public void A_certificate_and_its_key_come_on_standard_output() => Assert.Equal(
        ["--socket=/s", "cert", "--cert-file=-", "--key-file=-", "web.tailtest.ts.net"],
        TailscaleArguments.Cert("/s", "web.tailtest.ts.net", TimeSpan.Zero));

    [Fact]
    public void A_renewal_demands_how_long_the_certificate_must_be_valid() => Assert.Equal(
        ["--socket=/s", "cert", "--cert-file=-", "--key-file=-", "--min-validity=2592001s", "web.tailtest.ts.net"],
        TailscaleArguments.Cert("/s", "web.tailtest.ts.net", TimeSpan.FromDays(30) + TimeSpan.FromSeconds(1)));

    private static ImmutableDictionary<string, string> Environment(params string[] variables) =>
        variables.Select(variable => variable.Split('=')).ToImmutableDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
}
