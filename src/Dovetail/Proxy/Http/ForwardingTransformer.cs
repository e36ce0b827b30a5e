using System.Net.Http.Headers;
using Dovetail.Proxy.Connections;
using Dovetail.Proxy.Identity;
using Dovetail.Proxy.Model;
using Dovetail.Services.Model;
using Yarp.ReverseProxy.Forwarder;

namespace Dovetail.Proxy.Http;

/// <summary>What changes on the way through: the proxy's own headers are set, and what could be misread is put right. One per request.</summary>
/// <param name="identity">Whom the container is told of; null: nobody.</param>
/// <param name="settings">In whose words besides Dovetail's own, and what else the service asks for.</param>
/// <param name="sent">What a proxy in front says of the request; null: the client is believed nothing.</param>
internal sealed class ForwardingTransformer(
    PeerConnection connection, PeerIdentity? identity, ServiceSettings settings, SentForwarding? sent = null) : HttpTransformer
{
    /// <summary>Where the request is sent now.</summary>
    public UpstreamAddress? Upstream { get; set; }

    /// <summary>Another protocol that the client asks for; null: none.</summary>
    public ProtocolUpgrade? Upgrade { get; set; }

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

        if (settings.LoginHeaders != LoginHeaders.None)
        {
            foreach (var (name, value) in IdentityHeaders.For(identity?.Peer?.User, settings.LoginHeaders))
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }

        if (settings.Forwarded != ForwardedMode.Off)
        {
            SetForwarded(headers, httpContext.Request.Headers.Host.ToString());
        }

        if (Upgrade is not null)
        {
            headers.TryAddWithoutValidation("Connection", "Upgrade");
            headers.TryAddWithoutValidation("Upgrade", Upgrade.Protocols);
        }

        if ((RawTarget.IsAsterisk(httpContext) ? "/" : RawTarget.PathAndQuery(httpContext)) is { } target)
        {
            proxyRequest.RequestUri = new Uri(
                destinationPrefix + target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        }
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        IsAnswered = proxyResponse is not null;
        if (proxyResponse is not null)
        {
            AnswerRules.SettleLength(proxyResponse);
        }

        if (!await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken) || proxyResponse is null)
        {
            return false;
        }

        if (IsTunnel(proxyResponse))
        {
            return true;
        }

        var hasContent = AnswerRules.Apply(httpContext.Response, proxyResponse);
        if (settings.Redirects == RedirectMode.Rewrite)
        {
            RewriteOwn(httpContext);
        }

        if (hasContent && (int)proxyResponse.StatusCode >= 200)
        {
            await StartUnlessBodyIsHereAsync(httpContext, proxyResponse, cancellationToken);
        }

        return hasContent;
    }

    private string Scheme => connection.IsHttps ? "https" : "http";

    private static bool IsTunnel(HttpResponseMessage response) => response.RequestMessage?.Method == HttpMethod.Connect;

    private void SetForwarded(HttpRequestHeaders headers, string host)
    {
        var source = connection.Source.Address;
        var address = source.ToString();
        headers.TryAddWithoutValidation("X-Forwarded-For", sent?.For is { } chain ? $"{chain}, {address}" : address);
        headers.TryAddWithoutValidation("X-Forwarded-Host", sent?.Host ?? host);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", sent?.Proto ?? Scheme);
        headers.TryAddWithoutValidation("X-Real-IP", sent?.Client ?? address);
        if (sent?.Port is { } port)
        {
            headers.TryAddWithoutValidation("X-Forwarded-Port", port);
        }

        if (sent?.Forwarded is { } elements)
        {
            headers.TryAddWithoutValidation("Forwarded", $"{elements}, {new ForwardedElement(source, host, Scheme)}");
        }
    }

    private void RewriteOwn(HttpContext context)
    {
        var origin = sent?.Origin ?? $"{Scheme}://{context.Request.Headers.Host}";
        if (context.Response.Headers.Location is [{ } location] && Upstream is not null
            && OwnRedirect.Rewritten(location, Upstream, origin) is { } rewritten)
        {
            context.Response.Headers.Location = rewritten;
        }
    }

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

        try
        {
            await data;
        }
        catch (Exception e) when (context.Response.HasStarted)
        {
            response.Content = new StreamContent(new BrokenStream(body, e));
        }
    }
}
