using Dovetail.Admin;

namespace Dovetail.Dashboard;

/// <summary>A page: what stands in its middle, which is also what is sent anew when it changes.</summary>
/// <param name="Status">Status of the answer.</param>
/// <param name="Path">Under which it is asked for; marks the entry of the navigation.</param>
internal sealed record Page(int Status, string Path, string Title, Markup Main)
{
    public static Page NotFound(string path) => new(
        StatusCodes.Status404NotFound, path, "Not found", new Markup().Append($"<h1>Not found</h1><p>There is no such page, or the service has no node any more.</p>"));

    public static Page Refused(int status, string path, string title, string reason) =>
        new(status, path, title, new Markup().Append($"<h1>{title}</h1><p>{reason}</p>"));

    /// <summary>The whole document.</summary>
    /// <param name="now">When it was made.</param>
    public string Document(Visitor visitor, DateTimeOffset now)
    {
        var page = new Markup().Append(
            $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>{Title} – Dovetail</title>
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/style.css">
            <script src="/script.js" defer></script>
            </head>
            <body>
            <a class="skip" href="#main">Skip to the content</a>
            <header>
            <p class="brand">Dovetail</p>
            <nav aria-label="Pages">
            """);
        Entry(page, "/", "Services");
        if (visitor.IsViewer)
        {
            Entry(page, "/status", "Status");
        }

        page.Append($"</nav><p class=\"who\">{(visitor.Name.Length > 0 ? visitor.Name : "not known")}</p></header>")
            .Append($"<main id=\"main\" tabindex=\"-1\">{Main}</main>")
            .Append($"<footer><p id=\"live\" role=\"status\">As of {Texts.Second(now)}; reload the page for the newest.</p>");
        if (visitor.IsViewer)
        {
            page.Append($"<p>Dovetail {StatusMapper.Version}</p>");
        }

        return page.Append($"</footer></body></html>\n").ToString();
    }

    private void Entry(Markup page, string path, string text)
    {
        if (path == Path)
        {
            page.Append($"<a href=\"{path}\" aria-current=\"page\">{text}</a>");
        }
        else
        {
            page.Append($"<a href=\"{path}\">{text}</a>");
        }
    }
}
