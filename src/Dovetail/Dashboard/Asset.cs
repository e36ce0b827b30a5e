using System.Security.Cryptography;

namespace Dovetail.Dashboard;

/// <summary>A file of the pages, which lies in the program.</summary>
internal sealed class Asset
{
    private readonly byte[] _content;

    private Asset(string name, string type)
    {
        using var stream = typeof(Asset).Assembly.GetManifestResourceStream($"Dashboard/{name}")
            ?? throw new InvalidOperationException($"{name} is not in the program.");
        _content = new byte[stream.Length];
        stream.ReadExactly(_content);
        (Type, Tag) = (type, $"\"{Convert.ToHexStringLower(SHA256.HashData(_content))[..16]}\"");
    }

    public string Type { get; }

    /// <summary>Changes with the content (RFC 9110, section 8.8.3).</summary>
    public string Tag { get; }

    public ReadOnlyMemory<byte> Content => _content;

    /// <summary>By path. Read when the dashboard is made, and not without it.</summary>
    public static IReadOnlyDictionary<string, Asset> ReadAll() => new Dictionary<string, Asset>(StringComparer.Ordinal)
    {
        ["/style.css"] = new("style.css", "text/css; charset=utf-8"),
        ["/script.js"] = new("script.js", "text/javascript; charset=utf-8"),
        ["/icon.svg"] = new("icon.svg", "image/svg+xml"),
    };
}
