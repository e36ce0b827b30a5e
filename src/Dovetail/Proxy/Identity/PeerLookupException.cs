namespace Dovetail.Proxy.Identity;

/// <summary>The peer directory did not answer, or not in a way that can be understood.</summary>
internal sealed class PeerLookupException : Exception
{
    public PeerLookupException(string message)
        : base(message)
    {
    }

    public PeerLookupException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
