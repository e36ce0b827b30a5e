namespace FakeTailscale.Common;

/// <summary>A command line that Go's flag package refuses: exit code 2 and the usage text.</summary>
internal sealed class GoFlagException(string message) : Exception(message)
{
    public GoFlagException()
        : this("")
    {
    }

    public GoFlagException(string message, Exception inner)
        : this(message) => _ = inner;
}
