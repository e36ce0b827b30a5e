using Dovetail.Common;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Proxy.Http;

/// <summary>
/// The body of a request over HTTP/2 that has said its length. A proxy must not pass on a request whose body is longer (RFC 9113, section
/// 8.1.1), and Kestrel finds that when the excess arrives: the last of the body is held back until the client has ended it.
/// </summary>
internal sealed class AnnouncedBody(Stream inner, long length) : ReadOnlyStream
{
    private readonly byte[] _excess = new byte[1];
    private long _left = length;

    /// <summary>To be called before anything of the request is passed on.</summary>
    /// <exception cref="IOException">The body is longer than the request says.</exception>
    /// <exception cref="OperationCanceledException">The client went away.</exception>
    public static async ValueTask UseAsync(HttpContext context)
    {
        var request = context.Request;
        if (!HttpProtocol.IsHttp2(request.Protocol) || request.ContentLength is not { } length
            || context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            return;
        }

        var body = new AnnouncedBody(request.Body, length);
        request.Body = body;
        if (length == 0)
        {
            await body.EndAsync(context.RequestAborted);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        _left -= read;
        if (read > 0 && _left == 0)
        {
            await EndAsync(cancellationToken);
        }

        return read;
    }

    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        if (await inner.ReadAsync(_excess, cancellationToken) > 0)
        {
            throw new IOException("The body is longer than the request says.");
        }
    }
}
