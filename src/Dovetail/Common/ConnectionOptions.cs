using Microsoft.Extensions.Primitives;

namespace Dovetail.Common;

/// <summary>
/// The names in a <c>Connection</c> field (RFC 9110, section 7.6.1). The framework's own splitting takes a quotation mark for the beginning
/// of a quoted string, and hides by that what follows from a proxy but not from a server that knows no quoting there.
/// </summary>
internal static class ConnectionOptions
{
    /// <returns>Each name without the white space around it; none is empty.</returns>
    public static IEnumerable<string> In(StringValues values)
    {
        foreach (var value in values)
        {
            foreach (var option in value?.Split(',', StringSplitOptions.RemoveEmptyEntries) ?? [])
            {
                var name = option.Trim(' ', '\t', '"');
                if (name.Length > 0)
                {
                    yield return name;
                }
            }
        }
    }
}
