using System.Text;
using Dovetail.EndToEndTests.Harness;

namespace Dovetail.EndToEndTests.Files;

/// <summary>Whatever becomes of the services file, what it does not change is served without a failed request.</summary>
[Collection(MeasuredTests.Name)]
public sealed class FileChaosTests(Engine engine) : EndToEndTest(engine)
{
    private string FilePath => Directory["services.yaml"];

    [Fact(Timeout = 300_000)]
    public async Task Chaos_on_the_file_fails_no_request()
    {
        await using var outside = new OutsideBackend(Directory["www"], "Hello of outside ");
        await outside.StartAsync();
        var plain = await RunContainerAsync(new Dictionary<string, string>(), "Hello of plain");
        var good = $"""
            services:
              outside:
                upstream: http://127.0.0.1:{outside.Port}
              plain:
                container: {await plain.NameAsync(Cancellation)}
                port: 80

            """;
        await File.WriteAllTextAsync(FilePath, good, Cancellation);
        var peer = await PeerAsync();
        var daemon = StartDaemon(new Dictionary<string, string?> { ["DOVETAIL_SERVICES_FILE"] = FilePath, ["DOVETAIL_GRACE"] = "1s" });
        await RunServiceAsync("labelled", "Hello of labelled");
        string[] services = ["outside", "plain", "labelled"];
        foreach (var service in services)
        {
            await daemon.ReadyAsync(service);
        }

        await using var load = new SteadyLoad(peer, services, TimeSpan.FromMilliseconds(20), page: service => $"Hello of {service} ");

        await BreakAsync("half written", () => WriteAsync(good + "  half:\n    allow: \"*@exa"), "this is no YAML");
        await BreakAsync("truncated", () => WriteAsync(""), "the file is empty");
        await BreakAsync("removed", RemovedAsync, "does not exist");
        await BreakAsync("a directory", DirectoryAsync, "this is a directory");
        await BreakAsync("garbage", () => File.WriteAllBytesAsync(FilePath, Garbage(), Cancellation), "no text in UTF-8");
        await BreakAsync("garbage of characters", () => WriteAsync("\u0001\u0002\u0003"), "the file has to begin with services:");
        await BreakAsync("deep", () => WriteAsync(new string('[', 900_000)), "nested deeper than 20 levels");
        await BreakAsync("large", () => WriteAsync(good + new string('#', 2 << 20)), "larger than 1 MiB");
        await BreakAsync("a pipe", PipeAsync, "this is no file");

        // What can be taken, and is of no good.
        await SayAsync(good + Lines(), "10000 lines");
        await SayAsync(Bomb() + good + "  bomb:\n    upstream: http://127.0.0.1\n    allow: *b30\n", "a bomb");
        var replaced = Directory["replaced"];
        await File.WriteAllTextAsync(replaced, good + "  more:\n    alow: x\n", Cancellation);
        File.Move(replaced, FilePath, overwrite: true);
        await daemon.StatusAsync(status => status.Rejected.Any(refusal => refusal.Service == "more"), "the file that replaced it");
        await File.WriteAllTextAsync(FilePath, good, Cancellation);
        await daemon.StatusAsync(status => status.Rejected.Count == 0, "the good file");

        await load.StopAsync();
        Report($"Chaos on the services file: {load.Results.Count} requests");
        Assert.All(services, service => Assert.True(load.Results.Count(result => result.Service == service) > 100, service));
        Assert.All(load.Results, result => Assert.True(result.Failure is null, $"{result}"));
        Assert.Equal(3, Tailscaleds().Count);
        Assert.DoesNotContain("This is a bug in Dovetail", daemon.Log, StringComparison.Ordinal);

        async Task BreakAsync(string what, Func<Task> change, string expected)
        {
            await change();
            var status = await daemon.StatusAsync(
                status => status.Rejected.Any(refusal => refusal.Reason.Contains(expected, StringComparison.Ordinal)), what);
            var refusal = Assert.Single(status.Rejected);
            Assert.Equal(FilePath, refusal.Container);
            Assert.EndsWith("what it said before holds", refusal.Reason, StringComparison.Ordinal);
            Assert.Equal(3, status.Services.Count);

            // As a person mends it: whatever is there now, away with it.
            if (System.IO.Directory.Exists(FilePath))
            {
                System.IO.Directory.Delete(FilePath);
            }

            File.Delete(FilePath);
            await File.WriteAllTextAsync(FilePath, good, Cancellation);
            await daemon.StatusAsync(status => status.Rejected.Count == 0, $"{what}, mended");
        }

        async Task SayAsync(string text, string what)
        {
            await File.WriteAllTextAsync(FilePath, text, Cancellation);
            // For a moment it is empty, which is no file at all.
            var status = await daemon.StatusAsync(
                status => status.Rejected.Count > 0
                    && !status.Rejected.Any(refusal => refusal.Reason.Contains("what it said before", StringComparison.Ordinal)),
                what);
            Assert.Equal(services.Order(), status.Services.Select(service => service.Name).Order());
            await File.WriteAllTextAsync(FilePath, good, Cancellation);
            await daemon.StatusAsync(status => status.Rejected.Count == 0, $"{what}, mended");
        }
    }

    private Task WriteAsync(string text) => File.WriteAllTextAsync(FilePath, text, Cancellation);

    private Task RemovedAsync()
    {
        File.Delete(FilePath);
        return Task.CompletedTask;
    }

    private Task DirectoryAsync()
    {
        File.Delete(FilePath);
        System.IO.Directory.CreateDirectory(FilePath);
        return Task.CompletedTask;
    }

    private async Task PipeAsync()
    {
        File.Delete(FilePath);
        (await Command.RunAsync("mkfifo", [FilePath], cancellation: Cancellation)).MustSucceed();
    }

    private static byte[] Garbage()
    {
        var bytes = new byte[10_000];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static string Lines() =>
        string.Concat(Enumerable.Range(0, 5000).Select(number => $"  bad{number}:\n    alow: x\n"));

    private static string Bomb()
    {
        var text = new StringBuilder("x-b0: &b0 [x, x]\n");
        for (var level = 1; level <= 30; level++)
        {
            text.Append($"x-b{level}: &b{level} [{string.Join(", ", Enumerable.Repeat($"*b{level - 1}", 10))}]\n");
        }

        return text.ToString();
    }
}
