using System.Net;

namespace Dovetail.Proxy.Upstreams;

/// <summary>The same content, each of whose writes goes out at once.</summary>
internal sealed class UnbufferedContent : HttpContent
{
    // An answer follows at once. Should the HTTP client break a body off for another reason, it must not wait for ever.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly HttpContent _content;
    private readonly Task _answered;
    private readonly TimeProvider _time;
    private readonly CancellationToken _aborted;

    /// <param name="answered">Ends when the client has the head of the answer, or has given up.</param>
    /// <param name="aborted">The request is to be given up.</param>
    public UnbufferedContent(HttpContent content, Task answered, TimeProvider time, CancellationToken aborted)
    {
        _content = content;
        _answered = answered;
        _time = time;
        _aborted = aborted;
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    // An upstream may answer without having read the body and reset the rest of it (RFC 9113, section 8.1). The HTTP client then breaks
    // the body off, and takes that for a failure of the request when it has not processed the answer yet.
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            await _content.CopyToAsync(new UnbufferedStream(stream), context, cancellationToken);
        }
        catch when (cancellationToken.IsCancellationRequested && !_aborted.IsCancellationRequested)
        {
            await _answered.WaitAsync(LongestWait, _time, _aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

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
