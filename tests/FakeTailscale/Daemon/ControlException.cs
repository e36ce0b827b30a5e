namespace FakeTailscale.Daemon;

/// <summary>The control server could not be asked, or did not answer as it should; the message is the one Tailscale logs.</summary>
internal sealed class ControlException : Exception
{
    public ControlException()
    {
    }

    public ControlException(string message)
        : base(message)
    {
    }

    public ControlException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
