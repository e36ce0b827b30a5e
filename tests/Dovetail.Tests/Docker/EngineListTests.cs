using Dovetail.Common;
using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class EngineListTests
{
    [Fact]
    public void Each_entry_is_an_Engine_with_a_name()
    {
        var (engines, errors) = Parse(
            "nas=tcp://nas,pi=ssh://ada@pi.lan:2222 podman=unix:///run/podman/podman.sock,\n\tv6=ssh://[fd00::1]");

        Assert.Empty(errors);
        Assert.Equal(
            ["nas tcp://nas:2375", "pi ssh://ada@pi.lan:2222", "podman unix:///run/podman/podman.sock", "v6 ssh://[fd00::1]"],
            engines.Select(engine => $"{engine.Engine} {engine}"));
        Assert.Equal(("pi.lan", 2222, "ada"), (engines[1].Host, engines[1].Port, engines[1].Ssh?.User));
        Assert.All(engines, engine => Assert.Equal("DOVETAIL_DOCKER_HOSTS", engine.Variable));
        Assert.Equal("fd00::1", engines[3].Host);
    }

    [Fact]
    public void Without_the_variable_there_is_none() => Assert.Empty(Parse(null).Engines);

    [Fact]
    public void TLS_is_spoken_to_all_that_are_reached_over_TCP()
    {
        var engines = EngineList.Parse("nas=tcp://nas,pi=ssh://pi,x=unix:///x", null, "1", "/certs").Engines;

        Assert.Equal(new DockerTls("/certs", true), engines[0].Tls);
        Assert.Equal(2376, engines[0].Port);
        Assert.All(engines.Skip(1), engine => Assert.Null(engine.Tls));
    }

    [Theory]
    [InlineData("tcp://nas:2375", "number 1 has no name")]
    [InlineData("=tcp://nas", "lower-case letters")]
    [InlineData("Nas=tcp://nas", "the name Nas")]
    [InlineData("a/b=tcp://nas", "the name a/b")]
    [InlineData("none=tcp://nas", "but not none")]
    [InlineData("a123456789012345678901234567890123=tcp://nas", "1 to 32")]
    [InlineData("nas=", "is no address of a Docker Engine")]
    [InlineData("nas=none", "is no address of a Docker Engine")]
    [InlineData("nas=http://nas", "is no address of a Docker Engine")]
    [InlineData("nas=tcp://nas:2375/x", "holds more than a host and a port")]
    [InlineData("nas=unix://relative", "names no socket")]
    [InlineData("nas=tcp://a,nas=tcp://b", "number 2 has the name nas once more")]
    [InlineData("nas=tcp://a,b=tcp://a:2375", "number 2 has the address of nas, tcp://a:2375")]
    [InlineData("nas=unix:///var/run/docker.sock", "is the Engine of DOCKER_HOST")]
    [InlineData("pi=ssh://", "is no address of a host")]
    [InlineData("pi=ssh://-oProxyCommand=x", "is no address of a host")]
    [InlineData("pi=ssh://pi:0", "is no address of a host")]
    [InlineData("pi=ssh://-l@pi", "names a user")]
    [InlineData("pi=ssh://a%20b@pi", "names a user")]
    [InlineData("pi=ssh://pi/run/docker.sock", "more than a user, a host and a port")]
    public void A_mistake_is_named_with_the_entry_and_the_fix(string text, string expected)
    {
        var error = Assert.Single(Parse(text).Errors);

        Assert.StartsWith("DOVETAIL_DOCKER_HOSTS: its entry number ", error, StringComparison.Ordinal);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [InlineData("nas=tcp://me:hunter2@nas")]
    [InlineData("nas=ssh://me:hunter2@nas")]
    [InlineData("ssh://me:hunter2@nas")]
    [InlineData("me:hunter2@nas=tcp://x")]
    [InlineData("nas=me:hunter2@nas")]
    public void A_password_is_refused_and_not_shown(string text) =>
        Assert.DoesNotContain("hunter2", Assert.Single(Parse(text).Errors), StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_come_at_once() => Assert.Equal(3, Parse("tcp://a,B=tcp://b,c=ftp://c,d=tcp://d").Errors.Count);

    [Fact]
    public void A_host_is_no_option_of_ssh_and_nothing_is_asked_of_a_person()
    {
        var engine = Assert.Single(Parse("pi=ssh://ada@pi:22").Engines);

        var arguments = SshConnection.Arguments(engine);

        Assert.Equal(["-l", "ada", "-p", "22", "--", "pi", "docker", "system", "dial-stdio"], arguments.TakeLast(9));
        Assert.Contains("BatchMode=yes", arguments);
        Assert.Contains("StrictHostKeyChecking=yes", arguments);
        Assert.DoesNotContain("-l", SshConnection.Arguments(engine with { Port = 0, Ssh = new SshLogin(null) }));
    }

    [Theory]
    [InlineData("Host key verification failed.", "ssh-keyscan")]
    [InlineData("ada@pi: Permission denied (publickey).", "authorized_keys")]
    [InlineData("ssh: Could not resolve hostname pi: Name or service not known", "Its name is not known here")]
    [InlineData("bash: line 1: docker: command not found", "install docker-cli")]
    [InlineData("sh: 1: docker: not found", "install docker-cli")]
    [InlineData("ssh: connect to host pi port 22: Connection refused", "start its SSH server")]
    [InlineData("something \u001b[2J new", "Run ssh to that host")]
    public void What_ssh_says_is_shown_with_what_to_do(string said, string fix)
    {
        var text = SshFailure.Explain(Assert.Single(Parse("pi=ssh://ada@pi").Engines), ["", "Welcome to pi", said]);

        Assert.StartsWith("The Docker Engine at ssh://ada@pi cannot be reached: ssh said: Welcome to pi ", text, StringComparison.Ordinal);
        Assert.Contains(fix, text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    private static (EquatableArray<DockerEndpoint> Engines, EquatableArray<string> Errors) Parse(string? text) =>
        EngineList.Parse(text, DockerEndpoint.Default, null, null);
}
