namespace Dovetail.Tests.Proxy.Support;

/// <summary>Bytes of a length that nobody knows beforehand.</summary>
internal sealed class NonSeekable(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;
}
