using System.Net;
using BenchmarkDotNet.Attributes;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Http;
using Dovetail.Proxy.Identity;
using Dovetail.Services.Model;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Benchmarks;

/// <summary>Making the request to the container, and the answer to the client: once for each request.</summary>
public class Transformer
{
    private const string Container = "http://172.18.0.4:2283";
    private readonly DefaultHttpContext _context = Requests.Create();
    private readonly PeerConnection _connection = new(IPEndPoint.Parse("100.64.0.7:49153"), IPAddress.Parse("100.64.0.3"), IsHttps: true);
    private readonly PeerIdentity _identity = new(People.Ada);
    private readonly ServiceSpec _service = new() { Name = "photos" };
    private readonly byte[] _body = new byte[1024];

    [Benchmark(Baseline = true)]
    public ValueTask Request() => TransformAsync(_identity);

    [Benchmark]
    public ValueTask RequestWithoutIdentity() => TransformAsync(null);

    [Benchmark]
    public async ValueTask<bool> Answer()
    {
        _context.Response.Headers.Clear();
        using var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(_body) };
        answer.Headers.TryAddWithoutValidation("Server", "nginx");
        answer.Content.Headers.TryAddWithoutValidation("Content-Type", "text/html");
        return await Of(_identity).TransformResponseAsync(_context, answer, CancellationToken.None);
    }

    private ForwardingTransformer Of(PeerIdentity? identity) => new(_connection, identity, _service);

    private async ValueTask TransformAsync(PeerIdentity? identity)
    {
        using var request = new HttpRequestMessage();
        await Of(identity).TransformRequestAsync(
            _context, request, Container, CancellationToken.None);
    }
}
