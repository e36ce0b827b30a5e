using Dovetail.Docker;

namespace Dovetail.Tests.Docker;

public sealed class DockerEndpointTests
{
    [Theory]
    [InlineData(null, "unix:///var/run/docker.sock")]
    [InlineData("", "unix:///var/run/docker.sock")]
    [InlineData("unix:///run/user/1000/docker.sock", "unix:///run/user/1000/docker.sock")]
    [InlineData("unix:///path with space/d.sock", "unix:///path with space/d.sock")]
    [InlineData("tcp://socket-proxy:2375", "tcp://socket-proxy:2375")]
    [InlineData("tcp://192.0.2.1", "tcp://192.0.2.1:2375")]
    [InlineData("tcp://[2001:db8::1]:4243/", "tcp://[2001:db8::1]:4243")]
    public void Docker_host_is_read_as_Docker_reads_it(string? value, string endpoint)
    {
        var (parsed, errors) = DockerEndpoint.Parse(value, null, null);

        Assert.Empty(errors);
        Assert.Equal(endpoint, parsed!.ToString());
        Assert.Null(parsed.Tls);
    }

    [Fact]
    public void Certificates_make_it_tls()
    {
        Assert.Equal(
            new DockerEndpoint { Host = "h", Port = 2376, Tls = new DockerTls("/certs", true) },
            DockerEndpoint.Parse("tcp://h", "1", "/certs").Endpoint);
        Assert.Equal(new DockerTls("/certs", false), DockerEndpoint.Parse("tcp://h:1", "", "/certs").Endpoint!.Tls);
    }

    [Fact]
    public void A_unix_socket_needs_no_tls() => Assert.Equal(DockerEndpoint.Default, DockerEndpoint.Parse(null, "1", "/certs").Endpoint);

    [Theory]
    [InlineData("/var/run/docker.sock")]
    [InlineData("unix://relative.sock")]
    [InlineData("unix:///")]
    [InlineData("npipe:////./pipe/docker_engine")]
    [InlineData("ssh://host")]
    [InlineData("http://host:2375")]
    [InlineData("tcp://")]
    [InlineData("tcp://:2375")]
    [InlineData("tcp://host:99999")]
    [InlineData("tcp://host:0")]
    [InlineData("tcp://host:2375/path")]
    [InlineData("nonsense")]
    public void Anything_else_is_refused_with_variable_value_and_fix(string value)
    {
        var (endpoint, errors) = DockerEndpoint.Parse(value, null, null);

        Assert.Null(endpoint);
        var error = Assert.Single(errors);
        Assert.StartsWith($"DOCKER_HOST={value} ", error, StringComparison.Ordinal);
        Assert.Contains("unix:///path/to/docker.sock", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Whoever_wants_SSH_is_told_where_it_goes() => Assert.Contains(
        "DOVETAIL_DOCKER_HOSTS=NAME=ssh://user@host",
        Assert.Single(DockerEndpoint.Parse("ssh://ada@pi", null, null).Errors),
        StringComparison.Ordinal);

    [Fact]
    public void A_socket_path_that_the_kernel_cannot_take_is_refused() =>
        Assert.Contains(
            "at most 107 bytes",
            Assert.Single(DockerEndpoint.Parse("unix:///" + new string('é', 60), null, null).Errors),
            StringComparison.Ordinal);

    [Fact]
    public void A_password_in_the_address_is_not_shown() =>
        Assert.DoesNotContain(
            "hunter2",
            Assert.Single(DockerEndpoint.Parse("tcp://me:hunter2@host:1", null, null).Errors),
            StringComparison.Ordinal);

    [Fact]
    public void All_errors_come_at_once() => Assert.Equal(2, DockerEndpoint.Parse("nonsense", "1", null).Errors.Count);
}
