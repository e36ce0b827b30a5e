using System.Text.Json;
using System.Text.RegularExpressions;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests;

/// <summary>What <c>dovetail status</c>, <c>health</c> and <c>version</c> tell a person and a script.</summary>
public sealed partial class StatusTests(Engine engine) : EndToEndTest(engine)
{
    [Fact(Timeout = 300_000)]
    public async Task Status_is_a_table_for_people_and_a_stable_document_for_scripts()
    {
        const string web = "web";
        var peer = await PeerAsync();
        var daemon = StartDaemon();
        var container = await RunServiceAsync(web);
        var refused = await RunContainerAsync(new Dictionary<string, string> { ["name"] = "refused", ["port"] = "http" });
        await daemon.ReadyAsync(web);
        await daemon.StatusAsync(status => status.Rejected.Count == 1, "the other container to be refused");

        var table = (await daemon.CommandAsync(["status"], Cancellation)).MustSucceed().Stdout;
        TestContext.Current.TestOutputHelper?.WriteLine(table);
        var lines = table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(lines, line => Header().IsMatch(line));
        var row = Assert.Single(lines, line => line.StartsWith(web + " ", StringComparison.Ordinal));
        Assert.Contains($"https://{peer.NameOf(web)}", row, StringComparison.Ordinal);
        Assert.Contains("Ready", row, StringComparison.Ordinal);
        Assert.Contains(await container.NameAsync(Cancellation), row, StringComparison.Ordinal);
        Assert.Contains(await refused.NameAsync(Cancellation), table, StringComparison.Ordinal);
        Assert.Contains($"{Prefix}.port", table, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', table);

        var status = await daemon.StatusAsync(Cancellation);
        using var document = JsonDocument.Parse(status.Json);
        AssertKeys(document.RootElement, "version", "docker", "services", "rejected", "warnings");
        AssertKeys(document.RootElement.GetProperty("docker"), "endpoint", "connected", "lastListing");
        var service = document.RootElement.GetProperty("services")[0];
        AssertKeys(
            service,
            "name",
            "url",
            "state",
            "since",
            "addresses",
            "dnsName",
            "certificate",
            "upstreams",
            "conditions",
            "tailscaled",
            "listener");
        AssertKeys(service.GetProperty("certificate"), "name", "notAfter");
        AssertKeys(service.GetProperty("upstreams")[0], "container", "address", "health", "route", "source");
        AssertKeys(service.GetProperty("tailscaled"), "pid", "restarts", "lastWords");
        AssertKeys(service.GetProperty("listener"), "https", "http");
        AssertKeys(document.RootElement.GetProperty("rejected")[0], "container", "service", "reason");

        Assert.True(status.Docker.Connected);
        var ready = status.Find(web)!;
        Assert.Equal(peer.NameOf(web), ready.DnsName);
        Assert.Equal(peer.NameOf(web), ready.Certificate!.Name);
        Assert.True(ready.Certificate.NotAfter > TimeProvider.System.GetUtcNow());
        Assert.Equal([$"http://{await container.AddressAsync(Cancellation)}:80"], ready.Upstreams.Select(upstream => upstream.Address));
        Assert.Contains(Tailscaleds().Keys, id => id == ready.Tailscaled!.Pid);
        Assert.Empty(ready.Conditions);
    }

    [Fact(Timeout = 300_000)]
    public async Task Health_and_status_fail_with_a_reason_where_no_daemon_runs()
    {
        var daemon = StartDaemon();
        await Eventually.GetAsync(
            token => daemon.CommandAsync(["health"], token), result => result.ExitCode == 0, "health to be good");

        daemon.Terminate();
        await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation);

        foreach (var (command, exitCode) in ((string, int)[])[("health", 1), ("status", 3)])
        {
            var result = await daemon.CommandAsync([command], Cancellation);
            Assert.Equal(exitCode, result.ExitCode);
            Assert.Contains(RuntimeDirectory, result.Stderr, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", result.Stderr, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task Version_names_the_program_and_its_version()
    {
        var result = await Command.RunAsync(DovetailDaemon.Program, ["version"], cancellation: Cancellation);

        Assert.Equal(0, result.ExitCode);
        Assert.Matches(@"\d+\.\d+\.\d+", result.Stdout);
    }

    private static void AssertKeys(JsonElement element, params string[] expected) =>
        Assert.Equal(expected.Order(), element.EnumerateObject().Select(property => property.Name).Order());

    [GeneratedRegex(@"^NAME\s+URL\s+STATE\s+UPSTREAM\s+CERT\s+SINCE")]
    private static partial Regex Header();
}
