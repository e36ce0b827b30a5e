namespace Dovetail.Tests.Proxy.Support;

/// <summary>Bytes whose length is not known beforehand.</summary>
internal sealed class NonSeekable(byte[] bytes) : MemoryStream(bytes)
{
    public override bool CanSeek => false;
}
