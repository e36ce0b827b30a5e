using Dovetail.Admin;
using Dovetail.Commands;
using Dovetail.Configuration;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Commands;

/// <summary>The program's commands as a person types them, against a daemon that answers as the test says.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _runtime = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    [Fact]
    public async Task Health_is_0_and_counts_the_services_when_the_daemon_is_healthy()
    {
        await using var daemon = await HealthAsync(new HealthDocument(true, null, 3, 2));

        Assert.Equal((0, "healthy: 2 of 3 services ready\n", ""), await RunAsync("health"));
    }

    [Fact]
    public async Task Health_is_1_with_the_reason_in_one_line_when_the_daemon_is_unhealthy()
    {
        await using var daemon = await HealthAsync(new HealthDocument(false, "the control loop is stuck", 3, 2));

        Assert.Equal((1, "", "unhealthy: the control loop is stuck\n"), await RunAsync("health"));
    }

    [Fact]
    public async Task Health_is_1_when_the_daemon_answers_nonsense()
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, context => context.Response.WriteAsync("<html>"));

        Assert.Equal(1, (await RunAsync("health")).ExitCode);
    }

    [Theory]
    [InlineData(1, "health")]
    [InlineData(3, "status")]
    [InlineData(3, "status", "web", "--json")]
    [InlineData(3, "status", "--watch")]
    [InlineData(3, "login", "web")]
    [InlineData(3, "restart", "web")]
    [InlineData(3, "logs", "web")]
    [InlineData(3, "forget", "web", "--yes")]
    [InlineData(3, "prune", "--yes")]
    public async Task Without_a_daemon_a_command_is_3_and_says_where_it_looked_and_how_to_start_one(int expected, params string[] command)
    {
        var (exitCode, output, error) = await RunAsync(command);

        Assert.Equal(expected, exitCode);
        Assert.Empty(output);
        Assert.Contains(AdminApi.SocketIn(_runtime), error, StringComparison.Ordinal);
        Assert.Contains("dovetail run", error, StringComparison.Ordinal);
        Assert.Contains("DOVETAIL_RUNTIME_DIR", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_runtime_directory_with_a_path_too_long_for_a_socket_is_an_error_and_no_crash()
    {
        var (exitCode, _, error) = await InvokeAsync("status", "--runtime-dir", "/" + new string('x', 200));

        Assert.Equal(3, exitCode);
        Assert.Contains("No Dovetail answers", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bogus")]
    [InlineData("status", "--grace", "5m")]
    [InlineData("health", "--docker-host", "unix:///x")]
    [InlineData("version", "--runtime-dir", "/x")]
    [InlineData("prune", "--older-than", "soon")]
    [InlineData("completion", "--shell")]
    public async Task An_option_that_a_command_does_not_take_is_2_with_its_name_and_where_the_help_is(params string[] command)
    {
        var (exitCode, output, error) = await InvokeAsync(command);

        Assert.Equal(2, exitCode);
        Assert.Contains(command.Single(word => word.StartsWith("--", StringComparison.Ordinal)), error, StringComparison.Ordinal);
        Assert.EndsWith($"See: dovetail {(command[0].StartsWith('-') ? "" : command[0] + " ")}--help\n", error, StringComparison.Ordinal);
        Assert.Empty(output);
    }

    [Theory]
    [InlineData("Did you mean status?", "statsu")]
    [InlineData("Did you mean --json?", "status", "--jsno")]
    [InlineData(null, "status", "web", "api")]
    [InlineData(null, "completion", "bash", "zsh")]
    public async Task A_typing_error_is_answered_with_what_is_meant(string? hint, params string[] command)
    {
        var (exitCode, _, error) = await InvokeAsync(command);

        Assert.Equal(2, exitCode);
        Assert.Equal(hint, error.Split('\n').FirstOrDefault(line => line.StartsWith("Did you mean", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Version_names_dovetails_own_and_says_when_there_is_no_tailscaled()
    {
        var (exitCode, output, _) = await InvokeAsync("version", "--tailscaled", "/nowhere/tailscaled");

        Assert.Equal(0, exitCode);
        Assert.Equal(
            [StatusMapper.Version, "tailscaled not found (cannot start /nowhere/tailscaled: No such file or directory)"],
            output.Trim().Split('\n'));
    }

    [Fact]
    public async Task The_help_of_run_names_every_setting_that_is_no_secret_and_that_of_the_program_none()
    {
        var (exitCode, run, _) = await InvokeAsync("run", "--help");
        var (_, program, _) = await InvokeAsync("--help");

        Assert.Equal(0, exitCode);
        Assert.All(
            Settings.All,
            setting => Assert.Equal(!setting.IsSecret, run.Contains($"{setting.Option} <value>", StringComparison.Ordinal)));
        Assert.DoesNotContain(Settings.Grace.Option, program, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_command_the_daemon_takes_its_options_too()
    {
        var (exitCode, _, error) = await InvokeAsync("--grace", "soon");

        Assert.Equal(1, exitCode);
        Assert.Contains("DOVETAIL_GRACE=soon", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_names_every_mistake_at_once_and_does_not_start()
    {
        var (exitCode, output, error) = await InvokeAsync("run", "--grace", "soon", "--control-url", "x", "--log-level", "loud");

        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Equal(
            """
            Dovetail cannot start:
              TS_CONTROL_URL=x: give a URL such as https://headscale.example.com
              DOVETAIL_GRACE=soon: give a duration such as 5m, from 0s to 720h
              DOVETAIL_LOG_LEVEL=loud: give error, warning, information, debug or trace

            """,
            error);
    }

    [Fact]
    public async Task Restart_passes_the_name_on_and_prints_the_answer()
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, context => context.Response.WriteAsync("done\n"));

        Assert.Equal((0, "done\n", ""), await RunAsync("restart", "web/../x"));
        Assert.Equal("POST /v1/services/web%2F..%2Fx/restart", Assert.Single(daemon.Requests));
    }

    [Fact]
    public async Task What_the_daemon_refuses_is_1_with_its_reason()
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, context =>
        {
            context.Response.StatusCode = StatusCodes.Status409Conflict;
            return context.Response.WriteAsync("web is wanted by a running container\n");
        });

        Assert.Equal((1, "", "web is wanted by a running container\n"), await RunAsync("forget", "web", "--yes"));
        Assert.Equal((1, "", "web is wanted by a running container\n"), await RunAsync("logs", "web"));
    }

    [Fact]
    public async Task Logs_are_copied_as_they_are()
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, context => context.Response.WriteAsync("one\ntwo\n"));

        Assert.Equal((0, "one\ntwo\n", ""), await RunAsync("logs", "web", "-f"));
        Assert.Equal("GET /v1/services/web/log?follow", Assert.Single(daemon.Requests));
    }

    [Theory]
    [InlineData("y", 0)]
    [InlineData("yes", 0)]
    [InlineData("", 1)]
    [InlineData("no", 1)]
    public async Task Forget_asks_first(string answer, int expected)
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, context => context.Response.WriteAsync("forgotten\n"));
        using var input = new StringReader(answer);

        var (exitCode, output, _) = await InvokeAsync(
            Terminal.None with { Input = input }, "forget", "web", "--force", "--runtime-dir", _runtime);

        Assert.Equal(expected, exitCode);
        Assert.Contains("[y/N]", output, StringComparison.Ordinal);
        Assert.Equal(expected == 0 ? ["DELETE /v1/services/web?force"] : [], daemon.Requests);
    }

    [Fact]
    public async Task Forget_without_a_person_wants_a_yes()
    {
        var (exitCode, _, error) = await RunAsync("forget", "web");

        Assert.Equal(1, exitCode);
        Assert.Contains("--yes", error, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_runtime, recursive: true);

    private Task<ScriptedDaemon> HealthAsync(HealthDocument health) => ScriptedDaemon.StartAsync(
        _runtime, context => context.Response.WriteAsJsonAsync(health, AdminJson.Default.HealthDocument));

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command) =>
        InvokeAsync([.. command, "--runtime-dir", _runtime]);

    private static Task<(int ExitCode, string Output, string Error)> InvokeAsync(params string[] arguments) =>
        InvokeAsync(Terminal.None, arguments);

    private static Task<(int ExitCode, string Output, string Error)> InvokeAsync(Terminal terminal, params string[] arguments) =>
        CommandLine.RunAsync(terminal, TestContext.Current.CancellationToken, arguments);
}
