namespace FakeTailscale.DataPath;

/// <summary>A peer cannot be reached.</summary>
internal sealed class DialException : Exception
{
    public DialException()
    {
    }

    public DialException(string message)
        : base(message)
    {
    }

    public DialException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
