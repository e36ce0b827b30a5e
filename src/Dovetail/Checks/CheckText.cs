using System.Globalization;
using System.Text;
using Dovetail.Common;

namespace Dovetail.Checks;

/// <summary>Prints a check for a person.</summary>
internal static class CheckText
{
    private const int HeadWidth = 11;

    public static string Render(CheckDocument check, Screen screen)
    {
        var text = new StringBuilder();
        screen.Append(text, "", $"{check.Source}, seen from {check.SeenFrom}");
        foreach (var service in check.Services)
        {
            Append(text.AppendLine(), service, screen);
        }

        if (check.Services.Count == 0 && check.Mistakes.Count == 0)
        {
            text.AppendLine();
            screen.Append(text, "", "Nothing is exposed. Put dovetail.name=NAME and dovetail.port=PORT on a container.");
        }

        AppendMistakes(text, check.Mistakes, screen);
        foreach (var note in check.Notes)
        {
            screen.Append(text.AppendLine(), "Note: ", note);
        }

        return text.AppendLine().AppendLine(Summary(check, screen)).ToString();
    }

    private static void Append(StringBuilder text, CheckedService service, Screen screen)
    {
        text.AppendLine(service.Name);
        Line("exposed as", string.Join(", ", service.Urls) + (service.Remark is { } remark ? $" ({remark})" : ""));
        Line("to", service.Funnel ? "everybody on the Internet (Funnel)"
            : service.Allow.Count > 0 ? string.Join(", ", service.Allow) : "everybody the tailnet lets in");
        if (service.ForwardedFrom is { } proxies)
        {
            Line("believes", $"{string.Join(", ", proxies)} about where requests come from");
        }

        if (service.Tags.Count > 0)
        {
            Line("tags", string.Join(", ", service.Tags));
        }

        foreach (var upstream in service.Upstreams)
        {
            var where = upstream.Container is { } container ? $"{container} at {upstream.Address}" : upstream.Address;
            Line("served by", $"{where} ({upstream.Route})");
        }

        foreach (var container in service.Asleep ?? [])
        {
            Line("served by", $"{container}, asleep: a request starts it");
        }

        if (service is { Upstreams.Count: 0, Asleep: null })
        {
            Line("served by", "no container", Screen.Bad);
        }

        void Line(string head, string value, string? code = null) => screen.Append(text, $"  {head.PadRight(HeadWidth)} ", value, code);
    }

    private static void AppendMistakes(StringBuilder text, IReadOnlyList<Mistake> mistakes, Screen screen)
    {
        if (mistakes.Count == 0)
        {
            return;
        }

        text.AppendLine().AppendLine("MISTAKES");
        foreach (var mistake in mistakes)
        {
            var about = (mistake.Container, mistake.Service) switch
            {
                (null, _) => "configuration",
                (var container, null) => container,
                var (container, service) => $"{container} (service {service})",
            };
            var code = mistake.Severity == "Warning" ? Screen.Waiting : Screen.Bad;
            screen.Append(text, "  ", $"{about}: {mistake.Text}", code);
        }
    }

    private static string Summary(CheckDocument check, Screen screen)
    {
        var services = check.Services.Count == 1
            ? "1 service"
            : string.Create(CultureInfo.InvariantCulture, $"{check.Services.Count} services");
        var mistakes = check.Mistakes.Count switch
        {
            0 => screen.Paint("no mistakes", Screen.Good),
            1 => screen.Paint("1 mistake", Screen.Bad),
            var count => screen.Paint(string.Create(CultureInfo.InvariantCulture, $"{count} mistakes"), Screen.Bad),
        };
        return $"{services}, {mistakes}";
    }
}
