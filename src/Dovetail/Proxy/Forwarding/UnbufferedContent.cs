using System.Net;

namespace Dovetail.Proxy.Forwarding;

/// <summary>The same content, each of whose writes goes out at once.</summary>
internal sealed class UnbufferedContent : HttpContent
{
    private readonly HttpContent _content;

    public UnbufferedContent(HttpContent content)
    {
        _content = content;
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _content.CopyToAsync(new UnbufferedStream(stream), context, cancellationToken);

    // The length, where it is known, is a header already.
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
