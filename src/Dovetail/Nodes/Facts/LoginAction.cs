namespace Dovetail.Nodes.Facts;

/// <summary>What to do about a node's login.</summary>
internal enum LoginAction
{
    None,

    /// <summary><c>tailscale up</c> without a key: new settings for a running node, or an interactive login.</summary>
    Up,

    /// <summary><c>tailscale up</c> with the auth key.</summary>
    UpWithKey,

    /// <summary>A new tailscaled, which knows nothing of the refused key that the present one tries again and again.</summary>
    Restart,
}
