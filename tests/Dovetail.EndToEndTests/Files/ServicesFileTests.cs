using System.Net;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Files;

/// <summary>Services of a file as a peer meets them: what is no container, and containers without labels.</summary>
public sealed class ServicesFileTests(Engine engine) : EndToEndTest(engine)
{
    private string FilePath => Directory["services.yaml"];

    private Dictionary<string, string?> WithFile => new() { ["DOVETAIL_SERVICES_FILE"] = FilePath, ["DOVETAIL_GRACE"] = "2s" };

    [Fact(Timeout = 300_000)]
    public async Task A_process_of_the_host_and_a_container_without_labels_are_served_beside_one_with_labels()
    {
        await using var outside = await BackendAsync("Hello from outside");
        await using var raw = new RawUpstream();
        var plain = await RunContainerAsync(new Dictionary<string, string>(), "Hello without a label");
        var peer = await PeerAsync();
        var stranger = await PeerAsync("mallory@example.com");
        await WriteAsync($$"""
            services:
              outside:
                upstream: http://127.0.0.1:{{outside.Port}}
                allow: [{{peer.Login}}]
              raw:
                upstream: http://localhost:{{raw.Port}}
                tcp: {7000: 127.0.0.1:{{outside.Port}}}
              plain:
                container: {{await plain.NameAsync(Cancellation)}}
              bad:
                upstream: http://127.0.0.1:{{outside.Port}}
                alow: {{peer.Login}}
            """);
        var daemon = StartDaemon(WithFile);
        await RunServiceAsync("labelled", "Hello with labels");
        foreach (var name in (string[])["outside", "raw", "plain", "labelled"])
        {
            await daemon.ReadyAsync(name);
        }

        Assert.Equal("Hello from outside", await PageAsync(peer, "outside"));
        Assert.StartsWith("Hello without a label from", await PageAsync(peer, "plain"), StringComparison.Ordinal);
        Assert.StartsWith("Hello with labels from", await PageAsync(peer, "labelled"), StringComparison.Ordinal);
        var denied = await stranger.Http().GetAsync($"https://{stranger.NameOf("outside")}/", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, denied.StatusCode);
        await peer.Http().GetAsync($"https://{peer.NameOf("raw")}/path?query", Cancellation);
        var request = Assert.Single(raw.Requests);
        Assert.Equal(("/path?query", peer.Login), (request.Target, request.Value("Tailscale-User-Login")));
        Assert.Equal(peer.NameOf("raw"), request.Value("Host"));
        Assert.Contains(
            "Hello from outside",
            await peer.KnockAsync(peer.NameOf("raw"), 7000, "GET / HTTP/1.0\r\n\r\n", Cancellation), StringComparison.Ordinal);

        var status = await daemon.StatusAsync(Cancellation);
        Assert.Equal($"{FilePath}:2", status.Find("outside")!.Origin);
        Assert.Null(status.Find("labelled")!.Origin);
        var upstream = Assert.Single(status.Find("outside")!.Upstreams);
        Assert.Equal(
            (null, $"http://127.0.0.1:{outside.Port}", $"named in {FilePath}:2"), (upstream.Container, upstream.Address, upstream.Route));
        var refusal = Assert.Single(status.Rejected);
        Assert.Equal(($"{FilePath}:10", "bad"), (refusal.Container, refusal.Service));
        Assert.Equal("line 12, column 5: alow is no word of a services file; did you mean allow?", refusal.Reason);
        Assert.Contains(refusal.Reason, daemon.Log, StringComparison.Ordinal);
        var table = (await daemon.CommandAsync(["status"], Cancellation)).Stdout;
        Assert.Contains($"http://127.0.0.1:{outside.Port}", table, StringComparison.Ordinal);
        Assert.Contains($"{FilePath}:2", (await daemon.CommandAsync(["status", "outside"], Cancellation)).Stdout, StringComparison.Ordinal);
        var check = await daemon.CommandAsync(["check"], Cancellation);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains($"{FilePath}:10 (service bad): line 12, column 5", check.Stdout, StringComparison.Ordinal);
    }

    [Fact(Timeout = 300_000)]
    public async Task Its_certificate_has_to_name_the_host_that_the_file_names()
    {
        using var authority = new ContainerAuthority();
        await File.WriteAllTextAsync(Directory["ca.pem"], authority.Pem, Cancellation);
        await using var trusted = new RawUpstream(authority.Leaf("localhost"));
        await using var untrusted = new RawUpstream(ContainerAuthority.SelfSigned("localhost"));
        var peer = await PeerAsync();
        await WriteAsync($"""
            services:
              good:
                upstream: https://localhost:{trusted.Port}
              misnamed:
                upstream: https://127.0.0.1:{trusted.Port}
              unknown:
                upstream: https://localhost:{untrusted.Port}
              insecure:
                upstream: https+insecure://127.0.0.1:{untrusted.Port}
            """);
        var daemon = StartDaemon(new Dictionary<string, string?>(WithFile) { ["SSL_CERT_FILE"] = Directory["ca.pem"] });

        foreach (var (service, status) in ((string, int)[])[("good", 200), ("insecure", 200), ("misnamed", 502), ("unknown", 502)])
        {
            await daemon.ReadyAsync(service);
            using var answer = await peer.Http().GetAsync($"https://{peer.NameOf(service)}/", Cancellation);
            Assert.Equal((service, status), (service, (int)answer.StatusCode));
        }
    }

    [Fact(Timeout = 300_000)]
    public async Task A_backend_that_is_away_is_said_and_requests_wait_for_it()
    {
        await using var outside = await BackendAsync("Back again");
        var peer = await PeerAsync();
        await WriteAsync($"services:\n  app: {{upstream: http://127.0.0.1:{outside.Port}, hold: 30s}}\n");
        var daemon = StartDaemon(WithFile);
        await daemon.ReadyAsync("app");
        Assert.Equal("Back again", await PageAsync(peer, "app"));

        await outside.EndAsync();
        var held = PageAsync(peer, "app");
        var service = await daemon.ServiceAsync("app", service => service.Has("upstream-unreachable"), "unreachable");
        var condition = service.Condition("upstream-unreachable");
        Assert.Equal($"127.0.0.1:{outside.Port} cannot be reached: nothing listens there", condition.Text);
        Assert.Contains($"{FilePath}:2", condition.Fix, StringComparison.Ordinal);
        Assert.False(held.IsCompleted);
        await outside.StartAsync();

        Assert.Equal("Back again", await held);
        await daemon.ServiceAsync("app", service => service.Conditions.Count == 0, "reachable again");
    }

    [Fact(Timeout = 300_000)]
    public async Task A_change_of_the_file_is_followed_and_what_is_taken_out_ends_after_the_grace_with_its_state_kept()
    {
        await using var one = await BackendAsync("one");
        await using var two = await BackendAsync("two");
        var peer = await PeerAsync();
        var (first, second) = ($"{{upstream: http://127.0.0.1:{one.Port}}}", $"{{upstream: http://127.0.0.1:{two.Port}}}");
        await WriteAsync($"services:\n  app: {first}\n  old: {first}\n");
        var daemon = StartDaemon(WithFile);
        await daemon.ReadyAsync("old");
        await daemon.ReadyAsync("app");
        var refused = await daemon.CommandAsync(["forget", "old", "--yes"], Cancellation);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains($"old is wanted by {FilePath}:3; take it out there first", refused.Stderr, StringComparison.Ordinal);

        await WriteAsync($"services:\n  app: {second}\n  new: {second}\n");

        await daemon.ReadyAsync("new");
        await Eventually.GetAsync(_ => PageAsync(peer, "app"), page => page == "two", "the other backend");
        await daemon.StatusAsync(status => status.Find("old") is null, "old to end");
        Assert.True(File.Exists(Path.Combine(StateDirectory, "old", "tailscaled.state")));
        // A container may have the name from now on; one that wants a name of the file's may not.
        await RunServiceAsync("old", "of a container");
        await RunServiceAsync("app", "of a container");
        await daemon.ReadyAsync("old");
        var status = await daemon.StatusAsync(status => status.Rejected.Count == 1, "the other container to be refused");
        Assert.Contains($"the name app belongs to {FilePath}:2", status.Rejected[0].Reason, StringComparison.Ordinal);
        Assert.Equal("two", await PageAsync(peer, "app"));
    }

    [Fact(Timeout = 300_000)]
    public async Task Without_Docker_the_file_is_served_alone()
    {
        await using var outside = await BackendAsync("Hello");
        var peer = await PeerAsync();
        await WriteAsync($"services:\n  app: {{upstream: http://127.0.0.1:{outside.Port}}}\n");
        var daemon = StartDaemon(new Dictionary<string, string?>(WithFile) { ["DOCKER_HOST"] = "none" });

        await daemon.ReadyAsync("app");

        Assert.Equal("Hello", await PageAsync(peer, "app"));
        (await daemon.CommandAsync(["health"], Cancellation)).MustSucceed();
        var table = (await daemon.CommandAsync(["status"], Cancellation)).MustSucceed().Stdout;
        Assert.DoesNotContain("Docker", table, StringComparison.Ordinal);
        Assert.DoesNotContain("Docker is away", daemon.Log, StringComparison.Ordinal);
        (await daemon.CommandAsync(["check"], Cancellation)).MustSucceed();
        var prune = await daemon.CommandAsync(["prune", "--yes"], Cancellation);
        Assert.Equal(0, prune.ExitCode);
    }

    [Fact(Timeout = 300_000)]
    public async Task While_Docker_is_not_there_yet_the_files_addresses_are_served_and_its_containers_follow()
    {
        await using var outside = await BackendAsync("Hello");
        var plain = await RunContainerAsync(new Dictionary<string, string>(), "Hello");
        var peer = await PeerAsync();
        var socket = Directory["docker.sock"];
        await WriteAsync($$"""
            services:
              app: {upstream: "http://127.0.0.1:{{outside.Port}}"}
              plain: {container: {{await plain.NameAsync(Cancellation)}}, port: 80}
            """);
        var daemon = StartDaemon(new Dictionary<string, string?>(WithFile) { ["DOCKER_HOST"] = $"unix://{socket}" });

        await daemon.ReadyAsync("app");
        Assert.Equal("Hello", await PageAsync(peer, "app"));
        Assert.Null((await daemon.StatusAsync(Cancellation)).Find("plain"));

        File.CreateSymbolicLink(socket, new Uri(Engine.Host).LocalPath);
        await daemon.ReadyAsync("plain");
        Assert.StartsWith("Hello from", await PageAsync(peer, "plain"), StringComparison.Ordinal);
        File.Delete(socket);
    }

    private async Task<OutsideBackend> BackendAsync(string page)
    {
        var backend = new OutsideBackend(Directory[$"www-{page.GetHashCode(StringComparison.Ordinal):x}"], page);
        await backend.StartAsync();
        return backend;
    }

    private Task WriteAsync(string text) => File.WriteAllTextAsync(FilePath, text, Cancellation);

    private static async Task<string> PageAsync(TailnetPeer peer, string service) =>
        (await peer.Http().GetStringAsync($"https://{peer.NameOf(service)}/", Cancellation)).Trim();
}
