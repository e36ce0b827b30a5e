namespace Dovetail.Nodes;

/// <summary>What to do about a node's login.</summary>
internal enum LoginAction
{
    None,

    /// <summary><c>tailscale up</c> without a key: new settings for a running node, or an interactive login.</summary>
    Up,

    /// <summary><c>tailscale up</c> with the auth key.</summary>
    UpWithKey,

    /// <summary><c>tailscale logout</c> on a node that never was logged in: ends tailscaled's tries with a refused key.</summary>
    StopRetries,

    /// <summary>A new tailscaled: ends its tries with a refused key where there is an identity to keep.</summary>
    Restart,
}
