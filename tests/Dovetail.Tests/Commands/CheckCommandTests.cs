using System.Text.Json;
using Dovetail.Commands;
using Dovetail.Tests.Docker;

namespace Dovetail.Tests.Commands;

public sealed class CheckCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public async Task Labels_of_the_engine_are_in_order_or_1_with_every_mistake()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        var good = await RunAsync("check", "--docker-host", $"unix://{engine.SocketPath}");
        engine.Change = (_, entry) =>
        {
            if ((entry["Labels"] ?? entry["Config"]?["Labels"]) is { } labels)
            {
                labels["dovetail.scheme"] = "gopher";
            }
        };
        var bad = await RunAsync("check", "--docker-host", $"unix://{engine.SocketPath}");

        Assert.Equal((0, ""), (good.ExitCode, good.Error));
        Assert.Contains("exposed as  https://web.TAILNET", good.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 service, no mistakes\n", good.Output, StringComparison.Ordinal);
        Assert.Equal((1, ""), (bad.ExitCode, bad.Error));
        Assert.Contains("dovetail.scheme=\"gopher\" is refused", bad.Output, StringComparison.Ordinal);
        Assert.EndsWith("0 services, 1 mistake\n", bad.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_containers_of_several_engines_are_checked_together_and_one_that_is_away_is_a_mistake()
    {
        await using var home = await ScriptedEngine.StartedAsync();
        await using var nas = await ScriptedEngine.StartedAsync();
        home.Containers[ScriptedEngine.Id(1)] = "web";
        nas.Containers[ScriptedEngine.Id(2)] = "web";
        nas.Containers[ScriptedEngine.Id(3)] = "far";
        string[] command = ["check", "--docker-host", $"unix://{home.SocketPath}", "--docker-hosts", $"nas=unix://{nas.SocketPath}"];

        var both = await RunAsync(command);
        await nas.StopAsync();
        var one = await RunAsync(command);
        await home.StopAsync();
        var none = await RunAsync(command);

        Assert.Equal(1, both.ExitCode);
        Assert.Contains("served by   nas/far at http://172.17.0.2:80", both.Output, StringComparison.Ordinal);
        Assert.Contains("container web, which was created first", both.Output, StringComparison.Ordinal);
        Assert.EndsWith("2 services, 1 mistake\n", both.Output, StringComparison.Ordinal);
        Assert.Equal(1, one.ExitCode);
        Assert.Contains("nas: Docker's socket", one.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 service, 1 mistake\n", one.Output, StringComparison.Ordinal);
        Assert.Equal(3, none.ExitCode);
    }

    [Fact]
    public async Task A_services_file_is_checked_with_the_containers_that_it_names_and_without_any_engine()
    {
        await using var engine = await ScriptedEngine.StartedAsync();
        engine.Containers[ScriptedEngine.Id(1)] = "web";
        var file = Write(
            "services.yaml",
            """
            services:
              shop: {container: web, port: 8080}
              nas: {upstream: "https://nas.lan", allow: ada@example.com}
              bad: {upstream: nas.lan}
            """);

        var (exitCode, output, _) = await RunAsync("check", "--docker-host", $"unix://{engine.SocketPath}", "--services-file", file);
        var without = await RunAsync("check", "--docker-host", "none", "--services-file", file);

        Assert.Equal((1, 1), (exitCode, without.ExitCode));
        Assert.Contains("3 services, 1 mistake", output, StringComparison.Ordinal);
        Assert.Contains("served by   web at http://172.17.0.2:8080", output, StringComparison.Ordinal);
        Assert.Contains($"served by   https://nas.lan:443 (named in {file}:3)", output, StringComparison.Ordinal);
        Assert.Contains("line 4, column 19: upstream=\"nas.lan\" is refused", output, StringComparison.Ordinal);
        Assert.Contains("did you mean http://nas.lan?", output, StringComparison.Ordinal);
        Assert.StartsWith($"{file}, seen from the Docker host", without.Output, StringComparison.Ordinal);
        Assert.Contains("no container named web runs", without.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compose_file_is_checked_with_the_services_file_that_is_named_and_one_that_is_not_is_noted()
    {
        var compose = Write(
            "compose.yaml",
            "services: {dovetail: {environment: {DOVETAIL_SERVICES_FILE: /etc/services.yaml}}, app: {expose: [80]}}");
        var file = Write("services.yaml", "services: {web: {compose: app}}");

        var noted = await RunAsync("check", "--compose", compose);
        var both = await RunAsync("check", "--compose", compose, "--services-file", file);

        Assert.Contains(
            "the services file /etc/services.yaml is not looked at: name it with --services-file", noted.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (both.ExitCode, both.Error));
        Assert.Contains("http://app:80", both.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_engine_it_is_3_and_says_where_it_looked()
    {
        var (exitCode, output, error) = await RunAsync("check", "--docker-host", $"unix://{_directory}/none.sock");

        Assert.Equal((3, ""), (exitCode, output));
        Assert.Contains($"{_directory}/none.sock", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compose_file_is_checked_with_its_dotenv_and_with_what_it_tells_dovetail()
    {
        var file = Write(
            "compose.yaml",
            """
            services:
              dovetail:
                environment: ["DOVETAIL_LABEL_PREFIX=shop", "TS_AUTHKEY=${KEY:?no key}"]
              web:
                labels:
                  shop.name: ${NAME}
                  shop.port: 80
                  dovetail.name: other
            """);
        Write(".env", "NAME=web\n");

        var (exitCode, output, error) = await RunAsync("check", "--compose", file, "--json");

        Assert.Equal((0, ""), (exitCode, error));
        using var check = JsonDocument.Parse(output);
        var service = Assert.Single(check.RootElement.GetProperty("services").EnumerateArray());
        Assert.Equal("web", service.GetProperty("name").GetString());
        Assert.Equal("http://web:80", service.GetProperty("upstreams")[0].GetProperty("address").GetString());
    }

    [Theory]
    [InlineData("services: {dovetail: {environment: {DOVETAIL_GRACE: soon}}}", "DOVETAIL_GRACE=soon")]
    [InlineData("services: [", "this is no YAML")]
    [InlineData("services: {web: {label_file: labels}}", "docker compose config | dovetail check --compose -")]
    [InlineData("services:\n  web:\n    extends: {file: no.yaml, service: x}", "compose.yaml, line 3: there is no file")]
    public async Task What_cannot_be_checked_is_1_with_the_reason(string text, string expected)
    {
        var (exitCode, output, error) = await RunAsync("check", "--compose", Write("compose.yaml", text));

        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_is_what_docker_compose_takes_in_it_and_files_may_be_named_one_by_one()
    {
        var file = Write(
            "compose.yaml", "include: [part.yaml]\nservices: {dovetail: {}, web: {labels: {dovetail.name: web, dovetail.port: 80}}}");
        Write("part.yaml", "services: {part: {labels: {dovetail.name: part, dovetail.port: 80}}}");
        var change = Write("compose.override.yml", "services: {web: {labels: {dovetail.name: changed}}}");

        var whole = await RunAsync("check", "--compose", _directory);
        var both = await RunAsync("check", "--compose", file, "--compose", change);
        var one = await RunAsync("check", "--compose", file);

        Assert.Equal((0, ""), (whole.ExitCode, whole.Error));
        Assert.Contains("https://changed.TAILNET", whole.Output, StringComparison.Ordinal);
        Assert.Contains("https://part.TAILNET", whole.Output, StringComparison.Ordinal);
        Assert.Equal(whole, both);
        Assert.Contains("https://web.TAILNET", one.Output, StringComparison.Ordinal);
        Assert.Contains("compose.override.yml beside it is left out", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rendered_file_comes_through_a_pipe()
    {
        using var input = new StringReader("services: {dovetail: {}, web: {labels: {dovetail.name: web, dovetail.port: \"80\"}}}");

        var (exitCode, output, _) = await CommandLine.RunAsync(
            Terminal.None with { Input = input }, TestContext.Current.CancellationToken, "check", "--compose", "-");

        Assert.Equal(0, exitCode);
        Assert.Contains("https://web.TAILNET", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_1() =>
        Assert.Equal(1, (await RunAsync("check", "--compose", Path.Combine(_directory, "none.yaml"))).ExitCode);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command) =>
        CommandLine.RunAsync(Terminal.None, TestContext.Current.CancellationToken, command);
}
