using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Dovetail.Benchmarks;

/// <summary>Requests as browsers send them.</summary>
internal static class Requests
{
    private static readonly (string Name, string Value)[] OfABrowser =
    [
        ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "en-GB,en;q=0.5"),
        ("Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark"),
        ("Host", "photos.tailtest.ts.net"),
        ("Priority", "u=0, i"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Site", "none"),
        ("Upgrade-Insecure-Requests", "1"),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    ];

    public static DefaultHttpContext Create()
    {
        var context = new DefaultHttpContext();
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = "/albums/2026?sort=date";
        context.Request.Method = HttpMethods.Get;
        context.Request.Path = "/albums/2026";
        foreach (var (name, value) in OfABrowser)
        {
            context.Request.Headers[name] = value;
        }

        return context;
    }
}
