using System.Net;

namespace Dovetail.Tailscale;

/// <summary>tailscaled's LocalAPI did not answer, or answered with an error; the message is tailscaled's own.</summary>
internal sealed class LocalApiException : Exception
{
    public LocalApiException(string message, Exception cause)
        : base(message, cause)
    {
    }

    public LocalApiException(HttpStatusCode status, string message, TimeSpan? retryAfter)
        : base(message)
    {
        Status = status;
        RetryAfter = retryAfter;
    }

    /// <summary>Null when there was no answer at all.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>How long the answer asks to wait; newer daemons pass on what the CA said (contract README §14).</summary>
    public TimeSpan? RetryAfter { get; }
}
