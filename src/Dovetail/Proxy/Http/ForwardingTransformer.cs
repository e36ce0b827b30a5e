using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>What changes on the way through: the proxy's own headers are set, and nothing else. One per request.</summary>
internal sealed class ForwardingTransformer(PeerConnection connection, PeerIdentity? identity) : HttpTransformer
{
    /// <summary>Whether the upstream has answered.</summary>
    public bool IsAnswered { get; private set; }

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);

        var headers = proxyRequest.Headers;
        foreach (var (name, value) in identity?.Headers ?? [])
        {
            headers.TryAddWithoutValidation(name, value);
        }

        var source = connection.Source.Address.ToString();
        headers.TryAddWithoutValidation("X-Forwarded-For", source);
        headers.TryAddWithoutValidation("X-Forwarded-Host", httpContext.Request.Host.Value);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", connection.IsHttps ? "https" : "http");
        headers.TryAddWithoutValidation("X-Real-IP", source);

        if (RawTarget.PathAndQuery(httpContext) is { } target)
        {
            proxyRequest.RequestUri = new Uri(
                destinationPrefix + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        IsAnswered = proxyResponse is not null;
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (forward && proxyResponse is not null && (int)proxyResponse.StatusCode >= 200 && !IsTunnel(proxyResponse))
        {
            await StartUnlessBodyIsHereAsync(httpContext, proxyResponse, cancellationToken);
        }

        return forward;
    }

    private static bool IsTunnel(HttpResponseMessage response) => response.RequestMessage?.Method == HttpMethod.Connect;

    // Kestrel sends the header with the first bytes of the body. A stream of events may be silent for minutes before its
    // first, and its client waits for the header: so send it at once, unless body or end have come with it.
    private static async Task StartUnlessBodyIsHereAsync(
        HttpContext context, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var data = body.ReadAsync(Memory<byte>.Empty, cancellationToken);
        if (data.IsCompletedSuccessfully)
        {
            return;
        }

        if (!data.IsCompleted)
        {
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        await data;
    }
}
