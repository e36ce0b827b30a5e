using System.Diagnostics;
using System.Text.RegularExpressions;
using Dovetail.Docker;
using Dovetail.Metrics;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications;
using Dovetail.Processes;
using Dovetail.Proxy.Model;
using Dovetail.Reconciliation;
using Dovetail.Services.Files;
using Dovetail.Services.Model;
using Dovetail.Sleep;
using Dovetail.Tests.Nodes.Fakes;
using Dovetail.Tests.Proxy.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Dovetail.Tests.Metrics;

public sealed partial class MetricsTests : IDisposable
{
    private readonly ServiceProvider _services =
        new ServiceCollection().AddMetrics().AddSingleton(TimeProvider.System)
            .AddSingleton<ProxyMetrics>().AddSingleton<ProxyMeasurements>().BuildServiceProvider();

    private ProxyMeasurements Measurements => _services.GetRequiredService<ProxyMeasurements>();

    [Fact]
    public void What_a_listener_measures_is_counted_from_the_first_reading_on()
    {
        var web = ListenerOf("web");
        web.RequestEnded(200);
        Assert.False(web.MeasuresRequests);

        Measurements.Start();
        Assert.True(web.MeasuresRequests);
        web.RequestEnded(200);
        web.RequestEnded(204);
        web.RequestEnded(503);
        web.RequestMeasured(200, TimeSpan.FromMilliseconds(30), 7, 100);
        web.RequestMeasured(200, TimeSpan.FromMinutes(2), 0, 1);
        web.ConnectionRefused(RefusalReason.TooManyFromPeer);
        web.UpstreamConnectFailed();
        web.RequestHeld();
        var active = web.TrackRequest();

        var text = Written("web");
        Has("dovetail_server_requests_total{dovetail_service=\"web\",http_response_status_class=\"2xx\"} 2\n", text);
        Has("dovetail_server_requests_total{dovetail_service=\"web\",http_response_status_class=\"5xx\"} 1\n", text);
        Has("status_class=\"2xx\",le=\"0.025\"} 0\n", text);
        Has("status_class=\"2xx\",le=\"0.05\"} 1\n", text);
        Has("status_class=\"2xx\",le=\"60\"} 1\n", text);
        Has("status_class=\"2xx\",le=\"+Inf\"} 2\n", text);
        Has("http_server_request_duration_seconds_sum{dovetail_service=\"web\",http_response_status_class=\"2xx\"} 120.03\n", text);
        Has("dovetail_server_request_body_bytes_total{dovetail_service=\"web\"} 7\n", text);
        Has("dovetail_server_response_body_bytes_total{dovetail_service=\"web\"} 101\n", text);
        Has("dovetail_refusal_reason=\"too_many_from_peer\"} 1\n", text);
        Has("dovetail_upstream_connect_errors_total{dovetail_service=\"web\"} 1\n", text);
        Has("dovetail_server_holds_total{dovetail_service=\"web\"} 1\n", text);
        Has("dovetail_server_active_requests{dovetail_service=\"web\"} 1\n", text);
        active.Dispose();
        Has("dovetail_server_active_requests{dovetail_service=\"web\"} 0\n", Written("web"));
    }

    [Fact]
    public void A_service_without_a_node_is_forgotten_so_that_names_do_not_pile_up()
    {
        Measurements.Start();
        ListenerOf("gone").RequestEnded(200);

        HasNot("gone", Written("web"));
        HasNot("gone", Written("gone"));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        Measurements.Start();
        var web = ListenerOf("web");
        Measure();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Measure();

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Measure()
        {
            using var active = web.TrackRequest();
            web.RequestEnded(200);
            web.RequestMeasured(200, TimeSpan.FromSeconds(1), 1, 1);
        }
    }

    [Fact]
    public async Task A_request_is_measured_with_its_bodies()
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync(await reader.ReadToEndAsync() + "!");
        });
        await using var listener = await TestListener.StartAsync(TestListener.Service(upstream));
        using var measurements = new ProxyMeasurements(listener.Instruments, TimeProvider.System);
        measurements.Start();
        using var client = listener.Client();

        using var content = new StringContent("hello");
        using var answer = await client.PostAsync("/", content, TestContext.Current.CancellationToken);
        Assert.Equal("hello!", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        string Text()
        {
            var text = new PrometheusText();
            measurements.Write(text, new HashSet<string> { listener.Config.Service.Name });
            return text.ToString();
        }

        await Eventually.TrueAsync(() => Text().Contains("_duration_seconds_count{", StringComparison.Ordinal));
        Has("request_body_bytes_total{dovetail_service=\"" + listener.Config.Service.Name + "\"} 5\n", Text());
        Has("response_body_bytes_total{dovetail_service=\"" + listener.Config.Service.Name + "\"} 6\n", Text());
    }

    [Fact]
    public void What_is_known_of_nodes_and_of_the_daemon_is_written()
    {
        var text = All();

        Has("dovetail_build_info{version=\"1.2.3\"} 1\n", text);
        Has("dovetail_docker_connected 1\ndovetail_docker_connected{dovetail_engine=\"nas\"} 0\n", text);
        Has("dovetail_unwanted_machines 2\n", text);
        Has("dovetail_docker_last_listing_timestamp_seconds 1", text);
        Has("dovetail_reconcile_duration_seconds_sum 0.5\ndovetail_reconcile_duration_seconds_count 3\n", text);
        Has("dovetail_node_state{dovetail_service=\"web\",state=\"Ready\"} 1\n", text);
        Has("dovetail_node_state{dovetail_service=\"web\",state=\"Backoff\"} 0\n", text);
        Has(
            "dovetail_node_condition{dovetail_service=\"web\",condition=\"name-taken\",severity=\"Notice\"} 1\n", text);
        Assert.Single(Regex.Matches(text, "condition=\"name-taken\""));
        Has("dovetail_tailscaled_restarts_total{dovetail_service=\"web\"} 2\n", text);
        Has("dovetail_tailscaled_resident_memory_bytes{dovetail_service=\"web\"} 4096\n", text);
        Has("dovetail_tailscaled_cpu_seconds_total{dovetail_service=\"web\"} 1.5\n", text);
        Has("dovetail_certificate_not_after_timestamp_seconds{dovetail_service=\"web\"} 1", text);
        Has("dovetail_notifications_sent_total{receiver=\"ntfy at https://ntfy.sh\"} 3\n", text);
        Has("dovetail_notifications_failed_total{receiver=\"ntfy at https://ntfy.sh\"} 1\n", text);
        HasNot("restarts_total{dovetail_service=\"down\"} 1", text);
        HasNot("resident_memory_bytes{dovetail_service=\"down\"}", text);
    }

    [Fact]
    public void The_table_of_metrics_in_the_readme_is_what_is_written()
    {
        Measurements.Start();
        var written = Types().Matches(All() + Written("web")).Select(match => (match.Groups["name"].Value, match.Groups["type"].Value));
        var documented =
            from line in Repository.Readme.Split('\n').SkipWhile(line => !line.StartsWith("| metric |", StringComparison.Ordinal)).Skip(2)
                .TakeWhile(line => line.StartsWith('|'))
            let cells = line.Split('|', StringSplitOptions.TrimEntries)
            let names = cells[1].Split(", ")
            let types = cells[2].Split(", ")
            from place in Enumerable.Range(0, names.Length)
            select (names[place].Trim('`'), types[Math.Min(place, types.Length - 1)]);

        Assert.Equal(written.Order(), documented.Order());
    }

    [Fact]
    public async Task Promtool_has_nothing_to_say()
    {
        var promtool = Environment.GetEnvironmentVariable("DOVETAIL_TEST_PROMTOOL") ?? "/usr/bin/promtool";
        Assert.SkipUnless(File.Exists(promtool), $"{promtool} (Debian's prometheus), which checks the text, is not installed.");
        What_a_listener_measures_is_counted_from_the_first_reading_on();
        var start = new ProcessStartInfo(promtool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var check = Process.Start(start)!;
        await check.StandardInput.WriteAsync(All() + Written("web"));
        check.StandardInput.Close();
        var said = await check.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await check.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (check.ExitCode, said));
    }

    [Theory]
    [InlineData("1 (tailscaled) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 9 0 100 1000 25 99 0 0")]
    [InlineData("1 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 9 0 100 1000 25 99 0 0")]
    public void What_a_process_takes_is_read(string stat) =>
        Assert.Equal(new ProcessUsage(25L * Environment.SystemPageSize, TimeSpan.FromSeconds(2)), ProcessUsage.Parse(stat));

    [Fact]
    public void A_process_that_is_gone_takes_nothing()
    {
        Assert.Null(ProcessUsage.Of(int.MaxValue));
        Assert.Null(ProcessUsage.Parse(""));
        Assert.InRange(ProcessUsage.Of(Environment.ProcessId)!.ResidentBytes, 1 << 20, 1L << 40);
    }

    public void Dispose() => _services.Dispose();

    private static void Has(string expected, string text) => Assert.Contains(expected, text, StringComparison.Ordinal);

    private static void HasNot(string unexpected, string text) => Assert.DoesNotContain(unexpected, text, StringComparison.Ordinal);

    private static string All()
    {
        Condition taken = new("name-taken", Severity.Notice, "one", "fix");
        var report = new ReconcilerReport
        {
            Sleep = new SleepCounts(4, 3, 1),
            Nodes =
            [
                new NodeReport { Service = new ServiceSpec { Name = "down" }, State = NodeState.Backoff, Since = TestClock.Noon },
                new NodeReport
                {
                    Service = new ServiceSpec { Name = "web" },
                    State = NodeState.Ready,
                    Since = TestClock.Noon,
                    Conditions = [taken, taken with { Text = "two" }],
                    ProcessId = 7,
                    Restarts = 2,
                    CertificateNotAfter = TestClock.Noon,
                },
            ],
            Rejected = [],
            Warnings = [],
            File = new ServicesFile("/etc/services.yaml"),
            LastReconciled = TestClock.Noon,
            Rounds = (3, TimeSpan.FromSeconds(0.5)),
        };
        var text = new PrometheusText();
        DaemonMetrics.Write(
            text,
            report,
            new DockerHealth { Connected = true, LastListing = TestClock.Noon },
            "1.2.3",
            id => new ProcessUsage(4096, TimeSpan.FromSeconds(1.5)),
            unwanted: 2,
            further: [new EngineHealth("nas", "tcp://nas:2375", new DockerHealth())]);
        DaemonMetrics.WriteNotifications(
            text, [new ReceiverReport("ntfy at https://ntfy.sh", 2, 1, null), new ReceiverReport("ntfy at https://ntfy.sh", 1, 0, null)]);
        return text.ToString();
    }

    private ListenerMetrics ListenerOf(string service) => new(_services.GetRequiredService<ProxyMetrics>(), service);

    private string Written(params string[] services)
    {
        var text = new PrometheusText();
        Measurements.Write(text, services.ToHashSet(StringComparer.Ordinal));
        return text.ToString();
    }

    [GeneratedRegex("^# TYPE (?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex Types();
}
