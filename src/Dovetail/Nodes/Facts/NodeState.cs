namespace Dovetail.Nodes.Facts;

/// <summary>Where a node stands on its way to serving.</summary>
internal enum NodeState
{
    /// <summary>tailscaled starts, or logs in with a key or with its old state.</summary>
    Starting,

    /// <summary>Somebody has to log in, or give a usable auth key.</summary>
    NeedsLogin,

    /// <summary>An admin has to approve the machine.</summary>
    NeedsApproval,

    /// <summary>On the tailnet, not yet serving.</summary>
    Running,

    /// <summary>Serving, HTTPS waits for its certificate.</summary>
    CertPending,

    /// <summary>Reachable at its URL.</summary>
    Ready,

    /// <summary>Reachable at its URL; its containers are stopped, and the next request starts them.</summary>
    Asleep,

    /// <summary>tailscaled ended or could not be started; it is tried again.</summary>
    Backoff,

    /// <summary>Being taken down.</summary>
    Stopping,
}
