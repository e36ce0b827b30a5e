namespace FakeTailscale.Daemon;

/// <summary>The state file could not be read or written; the message is the one Tailscale gives.</summary>
internal sealed class StateStoreException : Exception
{
    public StateStoreException()
    {
    }

    public StateStoreException(string message)
        : base(message)
    {
    }

    public StateStoreException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
