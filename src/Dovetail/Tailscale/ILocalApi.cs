using System.Net;

namespace Dovetail.Tailscale;

/// <summary>
/// The LocalAPI of one tailscaled. Every call but the bus has a deadline, for a stopped daemon accepts and never
/// answers; a failure is a <see cref="LocalApiException"/>, except the caller's own cancellation.
/// </summary>
internal interface ILocalApi : IDisposable
{
    /// <summary>The node's state without its peers; 0.3 ms (recorded).</summary>
    /// <exception cref="LocalApiException">No answer in time, or a refusal.</exception>
    Task<IpnStatus> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>The machines that the node sees: an answer as large as the tailnet, not for polling.</summary>
    /// <exception cref="LocalApiException">No answer in time, or a refusal.</exception>
    Task<IpnPeers> GetPeersAsync(CancellationToken cancellationToken);

    /// <summary>What changes in the node, starting with how it stands; ends when tailscaled does. Idle streams are silent.</summary>
    /// <exception cref="LocalApiException">
    /// The stream broke, or its content cannot be read; then <see cref="Exception.InnerException"/> is a
    /// <see cref="System.Text.Json.JsonException"/>.
    /// </exception>
    IAsyncEnumerable<IpnNotify> WatchAsync(CancellationToken cancellationToken);

    /// <summary>Who is at a tailnet address; null when nobody is known there.</summary>
    /// <exception cref="LocalApiException">No answer in time, or a refusal.</exception>
    Task<WhoIsResponse?> WhoIsAsync(IPAddress peer, CancellationToken cancellationToken);

    /// <summary>Replaces the serve config. Refused with "netMap is nil" until the first netmap after each start.</summary>
    /// <exception cref="LocalApiException">No answer in time, or a refusal.</exception>
    Task SetServeConfigAsync(ServeConfig config, CancellationToken cancellationToken);

    /// <summary>Says whether the node is meant to be on the tailnet.</summary>
    /// <exception cref="LocalApiException">No answer in time, or a refusal.</exception>
    Task SetWantRunningAsync(bool wantRunning, CancellationToken cancellationToken);
}
