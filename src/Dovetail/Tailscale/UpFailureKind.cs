namespace Dovetail.Tailscale;

/// <summary>Why <c>tailscale up</c> did not bring the node up.</summary>
internal enum UpFailureKind
{
    /// <summary>The control server does not take the key.</summary>
    KeyRefused,

    /// <summary>The control server does not grant the tags.</summary>
    TagsRefused,

    /// <summary>The node did not run in time; the daemon goes on trying.</summary>
    TimedOut,

    /// <summary>Anything else; the text says what.</summary>
    Other,
}
