using System.Security.Cryptography;
using System.Text;
using Dovetail.Common;

namespace Dovetail.Nodes;

/// <summary>An auth key or OAuth client secret. Prints as its fingerprint, so that it cannot slip into a log.</summary>
internal sealed class AuthKey(string value)
{
    private const string OAuthPrefix = "tskey-client-";
    private const string Ephemeral = "ephemeral";

    /// <summary>The secret itself.</summary>
    public string Value => value;

    /// <summary>
    /// The secret as <c>tailscale up</c> is to be given it. With an OAuth client secret machines are ephemeral unless an attribute says
    /// otherwise (<c>feature/oauthkey/oauthkey.go</c>): the tailnet would remove them, and their addresses, soon after Dovetail stops.
    /// </summary>
    public string ForLogin => !value.StartsWith(OAuthPrefix, StringComparison.Ordinal) || SaysEphemeral() ? value
        : $"{value}{(value.Contains('?') ? '&' : '?')}{Ephemeral}=false";

    /// <summary>Tells one key from another without telling anything about either: 8 hex digits of its SHA-256.</summary>
    public string Fingerprint { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)).AsSpan(0, 4));

    public override string ToString() => $"key {Fingerprint}";

    private bool SaysEphemeral() =>
        value.Split('?', 2) is [_, var attributes]
        && attributes.Split('&').Any(static attribute => attribute.Split('=')[0] == Ephemeral);
}

/// <summary>Where the auth key comes from. A file is read anew at each use, so that a rotated secret needs no restart.</summary>
/// <param name="value"><c>TS_AUTHKEY</c>; null when a file is named or no key is given.</param>
/// <param name="file"><c>TS_AUTHKEY_FILE</c>.</param>
internal sealed class AuthKeySource(string? value, string? file)
{
    /// <summary>Where the key is read from; null: it is not read from a file.</summary>
    public string? File => file;

    /// <summary>The key as it is now; null: none, or a file that is missing, empty or not readable.</summary>
    public AuthKey? Read()
    {
        // tailscale takes white space around the key off too.
        var text = value?.Trim() ?? "";
        if (value is null && file is not null)
        {
            _ = SecretFile.Read(file, out text);
        }

        return text.Length == 0 ? null : new AuthKey(text);
    }
}
