using Dovetail.Nodes;
using Dovetail.Nodes.Facts;

namespace Dovetail.Dashboard;

/// <summary>The start page: links to the services that let this visitor in, by their own rules. Of others it says nothing.</summary>
internal static class StartPage
{
    public static Page Render(IEnumerable<NodeReport> nodes, Visitor visitor)
    {
        var mine = nodes.Where(node => !node.Service.IsOwn && visitor.MayUse(node.Service)).ToList();
        var main = new Markup().Append($"<h1>Services</h1>");
        if (mine.Count == 0)
        {
            return new Page(
                StatusCodes.Status200OK, "/", "Services", main.Append($"<p id=\"empty\">There is no service here that lets you in.</p>"));
        }

        main.Append($"<ul class=\"links\" id=\"links\">");
        foreach (var node in mine)
        {
            Append(main, node);
        }

        return new Page(StatusCodes.Status200OK, "/", "Services", main.Append($"</ul>"));
    }

    private static void Append(Markup main, NodeReport node)
    {
        var name = node.Service.Name;
        main.Append($"<li id=\"service-{name}\">");
        if (node.Url is { } url)
        {
            main.Append($"<p class=\"name\">{Texts.Link("link-" + name, url, name)}</p><p class=\"address\">{url}</p>");
        }
        else
        {
            main.Append($"<p class=\"name\">{name}</p>");
        }

        if (!IsUsable(node))
        {
            main.Append($"<p class=\"state waiting\">not ready</p>");
        }

        main.Append($"</li>");
    }

    private static bool IsUsable(NodeReport node) => node.State == NodeState.Asleep
        || (node.State == NodeState.Ready && node.Service.Upstreams.Count > 0);
}
