using System.Net;
using Dovetail.EndToEndTests.Harness;
using TestBackend;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>SIGTERM while answers are under way: each is whole, or is seen to be cut, or is a 503; never an empty 200.</summary>
public sealed class CutTransferTests(Engine engine) : EndToEndTest(engine)
{
    private const int Given = 1_000_000;
    private const string Cut = "cut";

    private readonly List<string> _begun = [];

    [Theory(Timeout = 300_000)]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task SIGTERM_in_the_middle_of_answers(string version)
    {
        var daemon = StartDaemon();
        using var service = await StreamService.RunAsync(this, "stopped", cancellation: Cancellation);
        await daemon.ReadyAsync(service.Name);
        var peer = await PeerAsync();
        var url = $"https://{peer.NameOf(service.Name)}";
        // The first two never end by themselves; the third would take three days; the last two end while the listener drains, or soon
        // after.
        var answers = new[]
            {
                $"size=5000000&hold={Given}", $"size=5000000&hold={Given}&length=no", "size=13000000000&rate=50000",
                "size=200000&rate=100000", "size=200000&rate=100000&length=no",
            }
            .Select(query => AnswerAsync(peer, version, id => $"{url}/give?id={id}&{query}"))
            .Append(AnswerAsync(peer, version, id => $"{url}/late?id={id}"))
            .ToList();
        foreach (var id in _begun)
        {
            await Eventually.GetAsync(
                token => service.SeenAsync(id, token), seen => seen.State != Exchange.Expected, "the container to have the request");
        }

        daemon.Terminate();
        var ends = await Task.WhenAll(answers).WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
        Assert.Equal(0, await daemon.ExitAsync(TimeSpan.FromSeconds(30), Cancellation));

        Report($"HTTP/{version}, SIGTERM under way: {string.Join(", ", ends)}");
        Assert.All(ends[..3], end => Assert.Equal(Cut, end));
        Assert.All(ends[3..5], end => Assert.Contains(end, (string[])[Cut, "200000 intact"]));
        Assert.Contains(ends[5], (string[])[Cut, "503"]);
    }

    private Task<string> AnswerAsync(TailnetPeer peer, string version, Func<string, string> url)
    {
        var id = Guid.NewGuid().ToString("N");
        _begun.Add(id);
        // A connection of its own for each: the end of one does not hide another's.
        return EndAsync(peer.Http(Version.Parse(version)), url(id));
    }

    private static async Task<string> EndAsync(HttpClient client, string url)
    {
        try
        {
            return await Transfers.DownloadAsync(client, url, Cancellation);
        }
        catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return "503";
        }
        catch (Exception cut) when (cut is HttpRequestException { StatusCode: null } or IOException)
        {
            return Cut;
        }
    }
}
