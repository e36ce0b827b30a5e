namespace FakeTailscale.Daemon;

/// <summary>Something the backend refuses; the message goes to the client as it is.</summary>
internal sealed class BackendException : Exception
{
    public BackendException()
    {
    }

    public BackendException(string message)
        : base(message)
    {
    }

    public BackendException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
