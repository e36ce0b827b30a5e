using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>An application that answers with the headers it was sent.</summary>
internal static class Echo
{
    public static Task HeadersAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync(
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()), TestContext.Current.CancellationToken);

    public static async Task<Dictionary<string, string>> ReadAsync(HttpClient client, string path)
    {
        var json = await client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return new Dictionary<string, string>(JsonSerializer.Deserialize<Dictionary<string, string>>(json)!, StringComparer.OrdinalIgnoreCase);
    }
}
