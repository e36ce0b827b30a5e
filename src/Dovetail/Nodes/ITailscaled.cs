using Dovetail.Processes;

namespace Dovetail.Nodes;

/// <summary>One running tailscaled; ended and reaped when it is disposed.</summary>
internal interface ITailscaled : IAsyncDisposable
{
    int ProcessId { get; }

    /// <summary>Ends with the exit code, 128 + signal number when a signal ended it; never fails.</summary>
    Task<int> Exited { get; }

    /// <summary>Waits until the LocalAPI socket accepts; a socket that a killed predecessor left does not.</summary>
    /// <returns>False when tailscaled ended instead, or did not accept within <paramref name="atMost"/>.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<bool> WaitForSocketAsync(TimeSpan atMost, CancellationToken cancellationToken);

    /// <summary>Ends it at once, without its own clean-up.</summary>
    void Kill();
}

/// <summary>Starts tailscaleds.</summary>
internal interface ITailscaledLauncher
{
    /// <param name="memory">Soft memory limit in bytes.</param>
    /// <param name="onLine">Called for every line that tailscaled writes, one after the other.</param>
    /// <exception cref="ChildStartException">The binary cannot be started.</exception>
    /// <exception cref="IOException">The directories cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directories cannot be made.</exception>
    ITailscaled Start(NodePaths paths, long memory, Action<string> onLine);
}
