using System.Text.Json;
using Dovetail.Admin;
using Dovetail.Commands;
using Dovetail.Common;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Commands;

/// <summary><c>status</c>, <c>login</c>, <c>prune</c> and the completion, against a daemon that answers as the test says.</summary>
public sealed class DaemonCommandTests : IDisposable
{
    private static readonly DateTimeOffset LongAgo = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _runtime = Directory.CreateTempSubdirectory("dovetail-test-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Status_of_one_service_tells_of_no_other()
    {
        await using var daemon = await StatusAsync(() => [Service("web", "Ready"), Service("notes", "Ready")]);

        var (exitCode, output, _) = await RunAsync("status", "web");
        Assert.Equal(0, exitCode);
        Assert.StartsWith("web   Ready for", output, StringComparison.Ordinal);
        Assert.DoesNotContain("notes", output, StringComparison.Ordinal);

        using var document = JsonDocument.Parse((await RunAsync("status", "web", "--json")).Output);
        Assert.Equal("web", document.RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Status_of_a_service_that_there_is_not_is_1_and_names_those_that_there_are()
    {
        await using var daemon = await StatusAsync(() => [Service("web", "Ready")]);

        Assert.Equal((1, "", "There is no service named wbe; there are: web.\n"), await RunAsync("status", "wbe"));
        Assert.Equal((1, "", "There is no service named wbe; there are: web.\n"), await RunAsync("login", "wbe"));
    }

    [Fact]
    public async Task Watching_without_a_terminal_prints_each_change_once_and_no_control_codes()
    {
        var asked = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var daemon = await StatusAsync(() =>
        {
            if (++asked == 4)
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(50));
            }

            return [Service("web", asked < 3 ? "Starting" : "Ready")];
        });

        var (exitCode, output, _) = await CommandLine.RunAsync(Terminal.None, stop.Token, "status", "-w", "--runtime-dir", _runtime);

        Assert.Equal(0, exitCode);
        Assert.Equal(2, output.Split("NAME ").Length - 1);
        Assert.Single(output.Split('\n'), line => line.Contains("Starting", StringComparison.Ordinal));
        Assert.Single(output.Split('\n'), line => line.Contains("Ready", StringComparison.Ordinal));
        Assert.DoesNotContain('\e', output);
    }

    [Fact]
    public async Task Watching_on_a_terminal_replaces_what_it_shows()
    {
        var asked = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await using var daemon = await StatusAsync(() =>
        {
            if (++asked == 3)
            {
                stop.CancelAfter(TimeSpan.FromMilliseconds(50));
            }

            return [Service("web", "Ready")];
        });
        var terminal = new Terminal(new Screen(false, 80), IsLive: true, null);

        var (_, output, _) = await CommandLine.RunAsync(terminal, stop.Token, "status", "--watch", "--runtime-dir", _runtime);

        Assert.StartsWith("\e[2J\e[HNAME", output, StringComparison.Ordinal);
        Assert.True(output.Split("\e[H").Length > 2, output);
    }

    [Fact]
    public async Task Login_prints_the_url_once_and_waits_for_the_login()
    {
        var asked = 0;
        await using var daemon = await StatusAsync(() => [++asked switch
        {
            1 => Service("web", "Starting"),
            < 4 => Service("web", "NeedsLogin") with { LoginUrl = "https://login.example/a/1" },
            4 => Service("web", "NeedsApproval") with
            {
                Conditions = [new ConditionStatus("needs-approval", "Problem", "it waits", "Approve it.")],
            },
            _ => Service("web", "CertPending") with { DnsName = "web.tailtest.ts.net" },
        }]);

        Assert.Equal(
            (0,
                """
                Open https://login.example/a/1 to log web in; waiting for it …
                web: it waits. Approve it.
                web is logged in as web.tailtest.ts.net.

                """,
                ""),
            await RunAsync("login", "web"));
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(409, 1)]
    public async Task Notify_prints_how_each_receiver_answered(int status, int expected)
    {
        const string answer = "ntfy at https://ntfy.sh: sent";
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(answer + "\n");
        });

        var (exitCode, output, error) = await RunAsync("notify");

        Assert.Equal(expected, exitCode);
        Assert.Equal(answer + "\n", output + error);
        Assert.Equal(expected == 0, output.Length > 0);
        Assert.Equal("POST /v1/notify", Assert.Single(daemon.Requests));
    }

    [Fact]
    public async Task Notify_without_a_daemon_is_3() => Assert.Equal(3, (await RunAsync("notify")).ExitCode);

    [Theory]
    [InlineData("y", true)]
    [InlineData("n", false)]
    public async Task Prune_lists_asks_and_forgets_what_is_old_enough(string answer, bool forgets)
    {
        await using var daemon = await StatesAsync(new StatesDocument(
            null,
            [
                new StateStatus("old", LongAgo),
                new StateStatus("older", LongAgo),
                new StateStatus("recent", TimeProvider.System.GetUtcNow()),
            ]));
        using var input = new StringReader(answer);

        var (exitCode, output, error) = await CommandLine.RunAsync(
            Terminal.None with { Input = input }, Cancellation, "prune", "--older-than", "30d", "--runtime-dir", _runtime);

        Assert.Equal((forgets ? 0 : 1, ""), (exitCode, error));
        Assert.Matches("^NAME    LAST USED\nold     [0-9]+ d ago\nolder   [0-9]+ d ago\nLog these 2 machines out", output);
        Assert.Equal(
            forgets ? ["GET /v1/states", "DELETE /v1/services/old", "DELETE /v1/services/older"] : ["GET /v1/states"], daemon.Requests);
    }

    [Fact]
    public async Task Prune_says_what_is_forgotten_by_itself_and_when()
    {
        var soon = TimeProvider.System.GetUtcNow().AddDays(3).AddMinutes(1);
        await using var daemon = await StatesAsync(new StatesDocument(
            null, [new StateStatus("old", LongAgo, soon), new StateStatus("other", LongAgo)]));
        using var input = new StringReader("n");

        var (_, output, _) = await CommandLine.RunAsync(
            Terminal.None with { Input = input }, Cancellation, "prune", "--runtime-dir", _runtime);

        Assert.Matches("^NAME    LAST USED    FORGOTTEN\nold     [0-9]+ d ago   in 3 d\nother   [0-9]+ d ago   -\n", output);
    }

    [Fact]
    public async Task Prune_goes_on_after_one_that_cannot_be_logged_out_and_is_1_then()
    {
        await using var daemon = await ScriptedDaemon.StartAsync(_runtime, async context =>
        {
            if (context.Request.Method == "GET")
            {
                var states = new StatesDocument(null, [new StateStatus("one", LongAgo), new StateStatus("two", LongAgo)]);
                await context.Response.WriteAsJsonAsync(states, AdminJson.Default.StatesDocument);
                return;
            }

            context.Response.StatusCode = context.Request.Path == "/v1/services/one" ? 409 : 200;
            await context.Response.WriteAsync($"{context.Request.Path}\n");
        });

        var (exitCode, output, error) = await RunAsync("prune", "--yes");

        Assert.Equal((1, "/v1/services/one\n"), (exitCode, error));
        Assert.EndsWith("/v1/services/two\n", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "every state is wanted by a container, or was used since")]
    [InlineData(false, "every state is wanted by a container.")]
    public async Task Prune_with_nothing_to_do_says_so(bool recent, string expected)
    {
        await using var daemon = await StatesAsync(
            new StatesDocument(null, recent ? [new StateStatus("web", TimeProvider.System.GetUtcNow())] : []));

        var (exitCode, output, _) = await RunAsync("prune", "--older-than", "12h");

        Assert.Equal(0, exitCode);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prune_forgets_nothing_while_it_is_not_known_what_is_wanted()
    {
        await using var daemon = await StatesAsync(new StatesDocument("Docker is away", []));

        Assert.Equal((1, "", "Docker is away\n"), await RunAsync("prune", "--yes"));
        Assert.Equal(["GET /v1/states"], daemon.Requests);
    }

    [Fact]
    public async Task Completion_knows_the_commands_their_options_and_the_services()
    {
        await using var daemon = await StatusAsync(() => [Service("photos", "Ready"), Service("notes", "Ready")]);

        Assert.Contains("status", await SuggestAsync("dovetail st"));
        // The daemon is asked for a second at most.
        await Eventually.GetAsync(
            _ => SuggestAsync($"dovetail logs --runtime-dir {_runtime} pho"), static names => names is ["photos"], "the services");
        var ofStatus = await SuggestAsync("dovetail status --");
        Assert.Contains("--watch", ofStatus);
        Assert.DoesNotContain("--grace", ofStatus);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task There_is_a_completion_script_for(string shell)
    {
        var (exitCode, script, _) = await CommandLine.RunAsync(Terminal.None, Cancellation, "completion", shell);

        Assert.Equal(0, exitCode);
        Assert.Contains("[suggest:", script, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_runtime, recursive: true);

    private static async Task<string[]> SuggestAsync(string line)
    {
        var (exitCode, output, _) = await CommandLine.RunAsync(Terminal.None, Cancellation, $"[suggest:{line.Length}]", line);
        Assert.Equal(0, exitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static ServiceStatus Service(string name, string state) => new()
    {
        Name = name,
        State = state,
        Since = LongAgo,
        Addresses = [],
        Upstreams = [],
        Conditions = [],
        Tailscaled = new TailscaledStatus(1, 0, []),
    };

    private Task<ScriptedDaemon> StatusAsync(Func<ServiceStatus[]> services) => ScriptedDaemon.StartAsync(
        _runtime,
        context => context.Response.WriteAsJsonAsync(
            new StatusDocument
            {
                Version = "0.1.0",
                Docker = new DockerStatus("unix:///x", true, null, TimeProvider.System.GetUtcNow()),
                Services = services(),
                Rejected = [],
                Warnings = [],
            },
            AdminJson.Default.StatusDocument));

    private Task<ScriptedDaemon> StatesAsync(StatesDocument states) => ScriptedDaemon.StartAsync(
        _runtime,
        context => context.Request.Method == "GET"
            ? context.Response.WriteAsJsonAsync(states, AdminJson.Default.StatesDocument)
            : context.Response.WriteAsync("forgotten\n"));

    private Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] command) =>
        CommandLine.RunAsync(Terminal.None, Cancellation, [.. command, "--runtime-dir", _runtime]);
}
