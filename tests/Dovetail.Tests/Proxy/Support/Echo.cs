using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Dovetail.Tests.Proxy.Support;

/// <summary>Applications that answer with what they were sent.</summary>
internal static class Echo
{
    public static Task HeadersAsync(HttpContext context) =>
        context.Response.WriteAsJsonAsync(
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString()),
            TestContext.Current.CancellationToken);

    /// <summary>Answers with the body that it was sent.</summary>
    public static Task BodyAsync(HttpContext context) =>
        context.Request.Body.CopyToAsync(context.Response.Body, TestContext.Current.CancellationToken);

    public static async Task<Dictionary<string, string>> ReadAsync(HttpClient client, string path)
    {
        var json = await client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        var headers = JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
        return new Dictionary<string, string>(headers, StringComparer.OrdinalIgnoreCase);
    }
}
