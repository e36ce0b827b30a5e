using System.Buffers;

namespace Dovetail.Common;

/// <summary>What names of headers and parameters are made of.</summary>
internal static class HttpToken
{
    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static SearchValues<char> Characters { get; } =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}
