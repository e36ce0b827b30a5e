using System.Net;
using System.Net.Sockets;
using System.Text;
using Dovetail.Common;
using Microsoft.Extensions.Primitives;

namespace Dovetail.Proxy.Http;

/// <summary>
/// One element of <c>Forwarded</c> (RFC 7239): what one proxy has seen. Of what it may hold, that which is of use to an application; its
/// text is always made anew.
/// </summary>
internal sealed record ForwardedElement(IPAddress For, string? Host, string? Proto)
{
    /// <returns>
    /// The farthest first; what is left of an element that is none, or that names no address, is left out as in
    /// <see cref="AddressChain"/>.
    /// </returns>
    public static IReadOnlyList<ForwardedElement> ReadChain(StringValues lines)
    {
        var chain = new List<ForwardedElement>();
        for (var line = lines.Count - 1; line >= 0 && chain.Count < AddressChain.MaxHops; line--)
        {
            // A quotation mark that is never closed may hide what was appended to it: then the whole line is nobody's word.
            if (Split(lines[line] ?? "") is not { } elements)
            {
                break;
            }

            var read = elements.AsEnumerable().Reverse().Select(Of).TakeWhile(static element => element is not null).ToList();
            chain.AddRange(read.Take(AddressChain.MaxHops - chain.Count)!);
            if (read.Count < elements.Count)
            {
                break;
            }
        }

        chain.Reverse();
        return chain;
    }

    /// <summary>As it stands in the header.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("for=");
        text.Append(For.AddressFamily == AddressFamily.InterNetworkV6 ? $"\"[{For}]\"" : For.ToString());
        if (Host is not null)
        {
            text.Append(";host=").Append(Host.AsSpan().ContainsAnyExcept(HttpToken.Characters) ? $"\"{Host}\"" : Host);
        }

        return Proto is null ? text.ToString() : text.Append(";proto=").Append(Proto).ToString();
    }

    private static ForwardedElement? Of(List<(string Name, string Value)> pairs)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        return pairs.All(pair => values.TryAdd(pair.Name, pair.Value))
            && values.TryGetValue("for", out var client) && AddressChain.TryParse(client, out var address)
            ? new ForwardedElement(
                address,
                SentForwarding.HostOf(values.GetValueOrDefault("host")),
                SentForwarding.ProtoOf(values.GetValueOrDefault("proto")))
            : null;
    }

    // 1#element, element = pair *( ";" pair ), pair = token "=" ( token / quoted-string ); white space around the marks is let pass.
    private static List<List<(string Name, string Value)>>? Split(string line)
    {
        var elements = new List<List<(string, string)>> { new() };
        for (var at = 0; ;)
        {
            at = SkipSpace(line, at);
            var name = Token(line, ref at);
            if (name.Length == 0 || at == line.Length || line[at++] != '=' || Value(line, ref at) is not { } value)
            {
                return null;
            }

            elements[^1].Add((name, value));
            at = SkipSpace(line, at);
            if (at == line.Length)
            {
                return elements;
            }

            switch (line[at++])
            {
                case ',':
                    elements.Add([]);
                    break;
                case ';':
                    break;
                default:
                    return null;
            }
        }
    }

    private static string? Value(string line, ref int at)
    {
        if (at == line.Length || line[at] != '"')
        {
            return Token(line, ref at) is { Length: > 0 } token ? token : null;
        }

        var value = new StringBuilder();
        for (at++; at < line.Length; at++)
        {
            switch (line[at])
            {
                case '"':
                    at++;
                    return value.ToString();
                case '\\' when at + 1 < line.Length:
                    value.Append(line[++at]);
                    break;
                default:
                    value.Append(line[at]);
                    break;
            }
        }

        return null;
    }

    private static string Token(string line, ref int at)
    {
        var start = at;
        var end = line.AsSpan(at).IndexOfAnyExcept(HttpToken.Characters);
        at = end < 0 ? line.Length : at + end;
        return line[start..at];
    }

    private static int SkipSpace(string line, int at)
    {
        while (at < line.Length && line[at] is (' ' or '\t'))
        {
            at++;
        }

        return at;
    }
}
