using System.Globalization;
using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>The rules of RFC 9110 and 9112 that both readings need. Nothing here is taken from the code under test.</summary>
internal static class Syntax
{
    /// <summary>Under these the test's node is reached.</summary>
    private static readonly string[] OwnHosts = ["web", "web.example.ts.net", "100.64.0.3"];

    private static readonly string[] StandardMethods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"];

    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static bool IsToken(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));

    public static string Trim(string value) => value.Trim(' ', '\t');

    public static bool Same(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    public static bool HasControl(string text) => text.Any(static c => c is < ' ' and not '\t' or '\x7f');

    /// <summary>Whether a method may not go further: a tunnel, or a standard one in another case, which would become another method.</summary>
    public static bool IsRefusedMethod(string method) =>
        Same(method, "CONNECT") || StandardMethods.Any(standard => Same(standard, method) && standard != method);

    /// <summary>The names in <c>Connection</c>; quotation marks are not part of a name.</summary>
    public static HashSet<string> Nominated(IEnumerable<Field> fields) => fields
        .Where(static field => Same(field.Name, "Connection"))
        .SelectMany(static field => field.Value.Split(','))
        .Select(static option => option.Trim(' ', '\t', '"').ToLowerInvariant())
        .Where(static option => option.Length > 0)
        .ToHashSet();

    public static string WithoutPort(string host) => host.Split(':')[0];

    /// <summary>Reads <c>Host</c>: whether it is one, and one of the node's.</summary>
    public static bool IsOwnHost(string value)
    {
        var colon = value.LastIndexOf(':');
        var (host, port) = colon < 0 ? (value, "0") : (value[..colon], value[(colon + 1)..]);
        return (port.Length == 0 || (port.All(char.IsAsciiDigit) && int.TryParse(port, CultureInfo.InvariantCulture, out var number) && number < 65536))
            && OwnHosts.Any(own => Same(own, host) || Same(own + ".", host));
    }

    /// <summary>How the path and query of a request arrive; null: it is none.</summary>
    /// <param name="isStrict">Whether all of it is as RFC 3986 wants it, but for what browsers do not encode.</param>
    public static string? Path(string target, out bool isStrict)
    {
        isStrict = true;
        if (!target.StartsWith('/') || target.Any(static c => c is <= ' ' or '\x7f' or '#'))
        {
            return null;
        }

        var arrived = new StringBuilder();
        for (var i = 0; i < target.Length; i++)
        {
            var c = target[i];
            _ = c < 0x80 ? arrived.Append(c) : arrived.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            isStrict &= (c != '%' || (IsEscape(target, i) && target[(i + 1)..(i + 3)] != "00")) && !"\"<>\\^`{|}".Contains(c, StringComparison.Ordinal);
        }

        return arrived.ToString();
    }

    /// <summary>Reads <c>Content-Length</c> lines (RFC 9110, section 8.6).</summary>
    /// <returns>Null: they are none, or contradict each other.</returns>
    public static long? Length(IReadOnlyList<string> lines)
    {
        var values = lines.SelectMany(static line => line.Split(',')).Select(Trim).Distinct().ToArray();
        return values.Length == 1 && values[0].Length > 0 && values[0].All(char.IsAsciiDigit)
            && long.TryParse(values[0], CultureInfo.InvariantCulture, out var length) ? length : null;
    }

    private static bool IsEscape(string target, int i) =>
        i + 2 < target.Length && char.IsAsciiHexDigit(target[i + 1]) && char.IsAsciiHexDigit(target[i + 2]);
}
