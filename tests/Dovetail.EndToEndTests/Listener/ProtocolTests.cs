using System.Net.Http.Headers;
using System.Text;

namespace Dovetail.EndToEndTests.Listener;

/// <summary>Each exchange through a peer and a node, compared with the same exchange straight to the application.</summary>
public sealed class ProtocolTests(ProtocolFixture fixture) : IClassFixture<ProtocolFixture>
{
    private static readonly (string Scheme, string Version)[] Ways =
    [
        .. from scheme in new[] { "http", "h2c", "https", "https+insecure" }
           from version in new[] { "1.1", "2.0" }
           select (scheme, version),
    ];

    private static readonly Dictionary<string, Func<HttpRequestMessage>> Exchanges = new()
    {
        ["GET"] = () => Ask("GET", "echo?a=1&b=%20+%2B"),
        ["a path that is not normal"] = () => Ask("GET", "echo/%41%2f/..%2fx/;v=1?q=%zz"),
        ["request headers"] = () => Ask("GET", "echo", with: headers =>
        {
            headers.TryAddWithoutValidation("Accept", "text/html;q=0.5, */*");
            headers.TryAddWithoutValidation("Cookie", "a=1; b=2");
            headers.TryAddWithoutValidation("X-Empty", "");
            headers.TryAddWithoutValidation("X-Commas", "one, two,three");
            headers.TryAddWithoutValidation("X-Twice", ["one", "two"]);
            headers.TryAddWithoutValidation("Authorization", "Bearer secret");
            headers.TryAddWithoutValidation("User-Agent", "a (b) c/1");
            headers.TryAddWithoutValidation("Accept-Encoding", "gzip, br");
            headers.TryAddWithoutValidation("Cache-Control", "no-cache");
            headers.TryAddWithoutValidation("Via", "1.1 before");
            headers.TryAddWithoutValidation("Range", "bytes=5-");
        }),
        ["a large request header"] = () => Ask("GET", "echo", with: headers => headers.Add("X-Large", new string('x', 20_000))),
        ["HEAD"] = () => Ask("HEAD", "file"),
        ["HEAD of unknown length"] = () => Ask("HEAD", "pieces"),
        ["OPTIONS"] = () => Ask("OPTIONS", "echo"),
        ["DELETE"] = () => Ask("DELETE", "echo"),
        ["PUT of nothing"] = () => Ask("PUT", "echo", new ByteArrayContent([])),
        ["POST of known length"] = () => Ask("POST", "echo", new ByteArrayContent(UpstreamAnswers.File)),
        ["POST of unknown length"] = () => Ask("POST", "echo", new UnknownLength(UpstreamAnswers.File)),
        ["a method that few know"] = () => Ask("PROPFIND", "echo", new StringContent("<propfind/>", Encoding.UTF8, "application/xml")),
        ["a form of several parts"] = () => Ask(
            "POST", "echo", new MultipartFormDataContent("boundary") { { new StringContent("value"), "name" } }),
        ["a range"] = () => Ask("GET", "file", with: headers => headers.TryAddWithoutValidation("Range", "bytes=20-1019")),
        ["a range to the end"] = () => Ask("GET", "file", with: headers => headers.TryAddWithoutValidation("Range", "bytes=9000-")),
        ["several ranges"] = () => Ask(
            "GET", "multipart-ranges", with: headers => headers.TryAddWithoutValidation("Range", "bytes=0-1,8-9")),
        ["a range that there is not"] = () => Ask(
            "GET", "file", with: headers => headers.TryAddWithoutValidation("Range", "bytes=1000000-")),
        ["204"] = () => Ask("GET", "status?code=204"),
        ["205"] = () => Ask("POST", "status?code=205"),
        ["304"] = () => Ask("GET", "not-modified", with: headers => headers.TryAddWithoutValidation("If-None-Match", "\"v1\"")),
        ["302"] = () => Ask("GET", "status?code=302&location=../else%20where"),
        ["a status that nobody knows"] = () => Ask("GET", "status?code=299&reason=Quite%20Fine&body=x"),
        ["418"] = () => Ask("GET", "status?code=418&reason=I%27m%20a%20teapot&body=short%20and%20stout"),
        ["500"] = () => Ask("GET", "status?code=500&body=trouble"),
        ["502"] = () => Ask("GET", "status?code=502&body=its%20own%20page"),
        ["599"] = () => Ask("GET", "status?code=599"),
        ["nothing"] = () => Ask("GET", "status?code=200"),
        ["response headers"] = () => Ask("GET", "headers"),
        ["a large response header"] = () => Ask("GET", "large-header"),
        ["a compressed body"] = () => Ask("GET", "compressed"),
        ["a body in pieces"] = () => Ask("GET", "pieces"),
        ["a big body"] = () => Ask("GET", "big"),
        ["gRPC without a message"] = () => Ask("POST", "trailers-only", new ByteArrayContent([0, 0, 0, 0, 0])),
        ["a body that breaks off"] = () => Ask("GET", "broken"),
        ["a body of known length that breaks off"] = () => Ask("GET", "broken?length"),
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> SchemesAndVersions => [.. Ways];

    [Theory(Timeout = 300_000)]
    [MemberData(nameof(SchemesAndVersions))]
    public async Task Every_exchange_is_the_same_as_without_Dovetail(string scheme, string version)
    {
        var differences = new List<string>();
        foreach (var (name, request) in Exchanges)
        {
            var straight = await TranscribeAsync(
                fixture.StraightClient(scheme, version), fixture.Straight(scheme), request(), scheme, version);
            var through = await TranscribeAsync(fixture.PeerClient(version), fixture.Through(scheme), request(), scheme, version);
            if (straight != through)
            {
                differences.Add($"--- {name}, straight:\n{Cut(straight)}\n--- {name}, through Dovetail:\n{Cut(through)}");
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    private static HttpRequestMessage Ask(string method, string path, HttpContent? content = null, Action<HttpRequestHeaders>? with = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        with?.Invoke(request.Headers);
        return request;
    }

    private static async Task<string> TranscribeAsync(
        HttpClient client, Uri site, HttpRequestMessage request, string scheme, string version)
    {
        var step = ProtocolSteps.New();
        var path = request.RequestUri!.OriginalString;
        using (request)
        {
            var target = path.StartsWith("broken", StringComparison.Ordinal)
                ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}step={step}"
                : path;
            request.RequestUri = new Uri(site + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
            return await Transcript.OfAsync(
                client, request, reason: (scheme, version) == ("http", "1.1"), () => ProtocolSteps.Take(step), Cancellation);
        }
    }

    private static string Cut(string text) => text.Length > 1500 ? text[..1500] + " …" : text;

    private sealed class UnknownLength(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(body, 0, body.Length);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
