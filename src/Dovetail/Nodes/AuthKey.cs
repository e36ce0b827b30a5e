using System.Security.Cryptography;
using System.Text;

namespace Dovetail.Nodes;

/// <summary>An auth key or OAuth client secret. Prints as its fingerprint, so that it cannot slip into a log.</summary>
internal sealed class AuthKey(string value)
{
    /// <summary>The secret itself.</summary>
    public string Value => value;

    /// <summary>Tells one key from another without telling anything about either: 8 hex digits of its SHA-256.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 4));

    public override string ToString() => $"key {Fingerprint}";
}
