using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace Dovetail.Dashboard;

/// <summary>
/// Tells an order that a visitor has given on a page of the dashboard from one that another site makes the visitor's browser send (CSRF):
/// a visitor is known by the connection, so that every request of the browser is the visitor's. The browser has to say that the request comes
/// from a page of ours, and it has to hold what only such a page shows.
/// </summary>
internal sealed class OrderCheck
{
    private const int MaxForm = 4096;
    private const string Field = "token";

    // Of this process: after a restart of Dovetail pages that were loaded before it cannot order anything.
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>Lets this visitor, and no other, give orders to this service, and to no other.</summary>
    public string TokenFor(Visitor visitor, string service) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"restart\n{service}\n{visitor.Name}")));

    /// <returns>Why the order is refused; null when it is the visitor's own.</returns>
    public async Task<string?> RefusalOfAsync(HttpRequest request, Visitor visitor, string service, CancellationToken cancellationToken)
    {
        const string foreign = "The order does not come from a page of the dashboard.";
        // 1. By the browser's word. Every browser sends Origin with a POST; what sends none is no browser, and has no page either.
        var site = request.Headers["Sec-Fetch-Site"];
        if (request.Headers.Origin.Count != 1 || request.Headers.Origin != $"{request.Scheme}://{request.Headers.Host}"
            || (site.Count > 0 && site != "same-origin"))
        {
            return foreign;
        }

        // 2. By the token.
        if (request.ContentType?.Split(';')[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true
            || await ReadAsync(request.Body, cancellationToken) is not { } form)
        {
            return foreign;
        }

        var given = Encoding.UTF8.GetBytes(QueryHelpers.ParseQuery(form).GetValueOrDefault(Field).ToString());
        return CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(TokenFor(visitor, service)))
            ? null
            : "The page is an old one: Dovetail has started anew since. Go back, reload it, and try again.";
    }

    private static async Task<string?> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var read = new byte[MaxForm + 1];
        var length = await body.ReadAtLeastAsync(read, read.Length, throwOnEndOfStream: false, cancellationToken);
        return length <= MaxForm ? Encoding.UTF8.GetString(read, 0, length) : null;
    }
}
