using Dovetail.Proxy.Model;

namespace Dovetail.Proxy.Upstreams;

/// <summary>An upstream could not be connected to: nothing was sent, so the request may go elsewhere.</summary>
internal sealed class UpstreamConnectException(ConnectFailure failure, Exception innerException)
    : IOException($"Connecting failed: {failure}.", innerException)
{
    public ConnectFailure Failure { get; } = failure;

    /// <summary>The connect failure behind an exception of the HTTP client, or null when it failed otherwise.</summary>
    public static UpstreamConnectException? Find(Exception? exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is UpstreamConnectException found)
            {
                return found;
            }
        }

        return null;
    }
}
