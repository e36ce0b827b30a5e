using System.Text;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>What must become of a request of HTTP/2 (RFC 9113, section 8): what is malformed is never passed on.</summary>
internal static class Http2Reader
{
    private static readonly string[] Pseudo = [":method", ":scheme", ":authority", ":path"];

    // RFC 9113, section 8.2.2.
    private static readonly string[] OfTheConnection = ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"];

    public static RequestReading Read(Http2Request request)
    {
        var why = "";
        var fields = request.Fields;
        if (Malformed(fields) is { } reason)
        {
            return Refused(reason);
        }

        string? Only(string name) => fields.Where(field => field.Name == name).Select(static field => field.Value).FirstOrDefault();
        var (method, target) = (Only(":method")!, Only(":path")!);
        var content = request.Content ?? "";
        var lengths = fields.Where(static field => field.Name == "content-length").Select(static field => field.Value).ToArray();
        if (lengths.Length > 0 && (Syntax.Length(lengths) is not { } length || length > content.Length))
        {
            return Refused("a length that is not the content's");
        }

        if (lengths.Length > 0 && Syntax.Length(lengths) < content.Length)
        {
            // What is too much may come when the rest has arrived.
            (why, content) = ("content beyond its length", content[..(int)Syntax.Length(lengths)!]);
        }


        // They come when the content has arrived, and are not passed on.
        why = request.Trailers?.Any(static field => field.Name[0] == ':' || OfField(field.Name, field.Value) is not null) == true ? "a malformed trailer" : why;
        why = lengths.Length > 1 && why.Length == 0 ? "equal lengths" : why;
        var isStrict = true;
        var path = target == "*" ? method == "OPTIONS" ? "*" : null : Syntax.Path(target, out isStrict);
        why = isStrict ? why : "a target that should have been encoded";
        if (path is null || Syntax.IsRefusedMethod(method))
        {
            return Refused("target or method");
        }

        if (Only(":scheme") != "https")
        {
            why = "another scheme";
        }

        var host = Host(fields, ref why);
        if (host is null)
        {
            return Refused("the host");
        }

        if (fields.Any(static field => Syntax.HasControl(field.Value) || field.Value != Syntax.Trim(field.Value)))
        {
            why = "control characters, or white space around a value";
        }

        var regular = fields.Where(static field => field.Name[0] != ':').Select(static field => new Field(field.Name, Syntax.Trim(field.Value))).ToArray();
        return new RequestReading(
            why.Length > 0 ? Verdict.MayPass : Verdict.Passed,
            new ReadRequest(method, path, host, regular, Encoding.Latin1.GetBytes(content)), 0, EndsConnection: false, why);
    }

    private static string? Malformed(IReadOnlyList<Field> fields)
    {
        var isPseudo = true;
        foreach (var (name, value) in fields)
        {
            if (name.StartsWith(':'))
            {
                if (!isPseudo || !Pseudo.Contains(name) || fields.Count(field => field.Name == name) > 1)
                {
                    return $"pseudo-header {name}";
                }

                continue;
            }

            isPseudo = false;
            if (OfField(name, value) is { } reason)
            {
                return reason;
            }
        }

        return fields.Any(static field => field.Name == ":method" && !Syntax.IsToken(field.Value)) ? "method"
            : Pseudo.Except([":authority"]).Any(name => fields.All(field => field.Name != name)) ? "a missing pseudo-header" : null;
    }

    private static string? OfField(string name, string value) =>
        !Syntax.IsToken(name) || name.Any(char.IsAsciiLetterUpper) ? $"name {name}"
        : value.IndexOfAny(['\0', '\r', '\n']) >= 0 ? $"value of {name}"
        : OfTheConnection.Contains(name) || (name == "te" && value != "trailers") ? $"{name} is the connection's"
        : null;

    // RFC 9113, section 8.3.1: both may be there if they are the same.
    private static string? Host(IReadOnlyList<Field> fields, ref string why)
    {
        var authority = fields.Where(static field => field.Name == ":authority").Select(static field => field.Value).FirstOrDefault(static value => value.Length > 0);
        var hosts = fields.Where(static field => field.Name == "host").Select(static field => field.Value).ToArray();
        if (hosts.Length > 0)
        {
            why = "host beside :authority";
        }

        if (hosts.Length > 1 || (authority is not null && hosts is [var other] && !Syntax.Same(other, authority)))
        {
            // Whoever decides which of them counts has to pass on that one alone.
            return authority is not null && Syntax.IsOwnHost(authority) ? authority.TrimEnd(':') : null;
        }

        var host = authority ?? (hosts is [var only] ? only : "");
        why = host.EndsWith(':') || fields.Contains(new Field(":authority", "")) ? "an empty host or port" : why;
        return host.Length == 0 ? "web.example.ts.net" : Syntax.IsOwnHost(host) ? host.TrimEnd(':') : null;
    }

    private static RequestReading Refused(string why) => new(Verdict.Refused, null, 0, EndsConnection: false, why);
}
