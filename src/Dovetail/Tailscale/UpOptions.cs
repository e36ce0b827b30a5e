using Dovetail.Common;

namespace Dovetail.Tailscale;

/// <summary>What <c>tailscale up</c> is to bring about.</summary>
internal sealed record UpOptions
{
    public required string HostName { get; init; }

    public EquatableArray<string> Tags { get; init; }

    /// <summary>Null: Tailscale's own.</summary>
    public string? ControlUrl { get; init; }

    /// <summary>A file with the auth key; null: without a key. Only for a node that needs login: a refused key cuts off a running one.</summary>
    public string? KeyFile { get; init; }

    /// <summary>How long the command waits for the node to run.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Logs in anew; the only way to another control server (02-up/errors.txt).</summary>
    public bool ForceReauth { get; init; }
}
