using System.Globalization;
using Dovetail.Admin;
using Dovetail.Common;

namespace Dovetail.Dashboard;

/// <summary>What the pages say in the same words.</summary>
internal static class Texts
{
    public static string Second(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    public static string Certificate(CertificateStatus certificate, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{certificate.Name} until {certificate.NotAfter.UtcDateTime:yyyy-MM-dd HH:mm} UTC ({Ages.Left(certificate.NotAfter - now)})");

    /// <summary>A link, where the address is one that a browser opens; else the address as text.</summary>
    /// <param name="id">So that the focus stays on it when the page changes.</param>
    public static Markup Link(string id, string address, string text, bool isOut = false) => new Markup() switch
    {
        // Addresses come from outside: another scheme could be a script.
        var link when !IsWeb(address) => link.Append($"{address}"),
        var link when isOut => link.Append($"<a id=\"{id}\" href=\"{address}\" rel=\"noopener noreferrer\">{text}</a>"),
        var link => link.Append($"<a id=\"{id}\" href=\"{address}\">{text}</a>"),
    };

    private static bool IsWeb(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp);
}
