using System.Security.Cryptography;
using System.Text;
using Dovetail.Configuration;

namespace Dovetail.Tests.Configuration;

/// <summary>The docker command's own files, as <c>docker context create</c> of 26.1 writes them.</summary>
public sealed class DockerContextTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly Dictionary<string, string> _variables = [];

    public DockerContextTests() => _variables["HOME"] = _home;

    [Fact]
    public void Without_files_there_is_no_context()
    {
        Assert.Null(Current());
        Assert.Null(DockerContext.Current(_ => null));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"currentContext\":\"\"}")]
    [InlineData("{\"currentContext\":\"default\"}")]
    [InlineData("{\"currentContext\":7}")]
    [InlineData("not json")]
    public void A_configuration_that_chooses_none_is_none(string config)
    {
        Write("config.json", config);

        Assert.Null(Current());
    }

    [Fact]
    public void The_chosen_context_names_the_engine()
    {
        Write("config.json", "{\"auths\":{},\"currentContext\":\"rootless\"}");
        Describe("rootless", "unix:///run/user/1000/docker.sock");

        var (options, errors) = Read();

        Assert.Empty(errors);
        Assert.Equal("unix:///run/user/1000/docker.sock", options!.Docker.ToString());
    }

    [Fact]
    public void What_the_environment_says_goes_first()
    {
        Write("config.json", "{\"currentContext\":\"rootless\"}");
        Describe("rootless", "unix:///run/user/1000/docker.sock");
        Describe("far", "tcp://engine.example:2376", "ca.pem");

        _variables["DOCKER_CONTEXT"] = "far";
        var endpoint = Read().Options!.Docker;
        Assert.Equal("tcp://engine.example:2376", endpoint.ToString());
        Assert.True(endpoint.Tls!.Verify);
        Assert.True(File.Exists(Path.Combine(endpoint.Tls.CertPath, "ca.pem")));

        _variables["DOCKER_HOST"] = "unix:///x.sock";
        Assert.Equal("unix:///x.sock", Read().Options!.Docker.ToString());
    }

    [Theory]
    [InlineData("ssh://ada@engine.example", "ssh://, which Dovetail does not speak")]
    [InlineData("", "names no Engine")]
    public void A_context_that_cannot_be_used_is_an_error_with_what_to_do(string host, string reason)
    {
        Write("config.json", "{\"currentContext\":\"far\"}");
        Describe("far", host);

        var error = Assert.Single(Read().Errors);

        Assert.StartsWith("docker context far: ", error, StringComparison.Ordinal);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Contains("set DOCKER_HOST", error, StringComparison.Ordinal);
        Assert.DoesNotContain("ada", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_context_that_is_gone_is_an_error()
    {
        Write("config.json", "{\"currentContext\":\"gone\"}");

        Assert.Contains("cannot be read", Assert.Single(Read().Errors), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    private DockerContext? Current() => DockerContext.Current(_variables.GetValueOrDefault);

    private (DovetailOptions? Options, IReadOnlyList<string> Errors) Read() =>
        OptionsReader.Read(_variables.GetValueOrDefault, Current());

    private void Describe(string name, string host, params string[] certificates)
    {
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        Write(
            $"contexts/meta/{id}/meta.json",
            $"{{\"Name\":\"{name}\",\"Metadata\":{{}},\"Endpoints\":{{\"docker\":{{\"Host\":\"{host}\",\"SkipTLSVerify\":false}}}}}}");
        foreach (var file in certificates)
        {
            Write($"contexts/tls/{id}/docker/{file}", "");
        }
    }

    private void Write(string name, string content)
    {
        var file = Path.Combine(_home, ".docker", name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}
