namespace Dovetail.Nodes.Facts;

/// <summary>What can be under way for a node in the session of one tailscaled; each at most once at a time.</summary>
internal enum Activity
{
    /// <summary><c>tailscale up</c> without a key: new settings for a running node, or an interactive login.</summary>
    Up,

    /// <summary><c>tailscale up</c> with the auth key.</summary>
    UpWithKey,

    /// <summary>A new tailscaled, which knows nothing of the refused key that the present one tries again and again.</summary>
    StopRetries,

    /// <summary>tailscaled is told where the listener is.</summary>
    Serve,

    /// <summary>A certificate is asked for, or a renewal waited for.</summary>
    Certificate,
}
