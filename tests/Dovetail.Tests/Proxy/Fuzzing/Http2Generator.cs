using System.Globalization;

namespace Dovetail.Tests.Proxy.Fuzzing;

/// <summary>What a client sends on one stream of HTTP/2.</summary>
/// <param name="Fields">The header section in its order, pseudo-header fields too.</param>
/// <param name="Content">Latin-1; null: the header section ends the stream.</param>
/// <param name="Trailers">Null: none.</param>
internal sealed record Http2Request(IReadOnlyList<Field> Fields, string? Content, IReadOnlyList<Field>? Trailers)
{
    public override string ToString() =>
        string.Concat(Fields.Select(static field => $"{field.Name}={field.Value}\r\n")) + $"\r\n{Content}\r\n"
        + string.Concat((Trailers ?? []).Select(static field => $"{field.Name}={field.Value}\r\n"));
}

/// <summary>Makes requests for HTTP/2, most of them good.</summary>
internal sealed class Http2Generator(Random random)
{
    private readonly RequestGenerator _parts = new(random);

    public Http2Request Next()
    {
        var content = _parts.Content();
        var hasContent = content.Length > 0 && _parts.Often(70);
        var pseudo = new List<Field>
        {
            new(":method", _parts.Method()), new(":scheme", _parts.Often(97) ? "https" : _parts.OneOf("http", "ftp", "", "HTTPS")), new(":path", _parts.Target()),
        };
        var fields = _parts.Fields().Select(field => new Field(_parts.Often(98) ? field.Name.ToLowerInvariant() : field.Name, field.Value))
            .Where(field => field.Name is not ("connection" or "keep-alive" or "proxy-connection" or "upgrade" or "te") || _parts.Often(10)).ToList();
        if (_parts.Often(95))
        {
            pseudo.Insert(random.Next(4), new Field(":authority", _parts.Host()));
        }

        if (_parts.Often(8))
        {
            Add(fields, "host", _parts.Host());
        }

        if (hasContent && _parts.Often(50))
        {
            Add(fields, "content-length", (content.Length + (_parts.Often(95) ? 0 : random.Next(-1, 2))).ToString(CultureInfo.InvariantCulture));
        }

        if (_parts.Often(4))
        {
            Add(fields, "content-length", _parts.OneOf("5", "0", "+1", "x", ""));
        }

        if (_parts.Often(2))
        {
            Add(fields, "transfer-encoding", _parts.OneOf("chunked", "identity", "gzip"));
        }

        if (_parts.Often(6))
        {
            Spoil(pseudo, fields);
        }

        Field[]? trailers = hasContent && _parts.Often(10)
            ? [new Field(_parts.OneOf("x-t", "content-length", "host", "x-forwarded-for", ":path", "X-T"), _parts.OneOf("1", "a\nb"))]
            : null;
        return new Http2Request([.. pseudo, .. fields], hasContent ? content : null, trailers);
    }

    private void Spoil(List<Field> pseudo, List<Field> fields)
    {
        var one = pseudo[random.Next(pseudo.Count)];
        switch (random.Next(4))
        {
            case 0:
                pseudo.Remove(one);
                break;
            case 1:
                pseudo.Add(one with { Value = _parts.OneOf(one.Value, "/smuggled", "evil.example") });
                break;
            case 2:
                fields.Add(one);
                pseudo.Remove(one);
                break;
            default:
                // A CONNECT to a WebSocket is good, and arrives as another method.
                var isConnect = pseudo.Exists(static field => field.Value == "CONNECT");
                pseudo.Add(new Field(_parts.OneOf(":status", ":protocol", ":x", ":"), isConnect ? "tcp" : _parts.OneOf("200", "websocket", "tcp")));
                break;
        }
    }

    private void Add(List<Field> fields, string name, string value) => fields.Insert(random.Next(fields.Count + 1), new Field(name, value));
}
