using Dovetail.Admin;

namespace Dovetail.Dashboard;

/// <summary>All services, and what was refused.</summary>
internal static class StatusPage
{
    public static Page Render(StatusDocument status, string own, Func<string, ServiceRequests> requests, DateTimeOffset now)
    {
        var main = new Markup();
        var ready = status.Services.Count(static service => service.State is "Ready" or "Asleep");
        main.Append($"<h1>Status</h1><p id=\"summary\">{ready} of {status.Services.Count} services ready.</p>");
        AppendDocker(main, status);
        foreach (var service in status.Services)
        {
            main.Append($"<section class=\"card\" id=\"service-{service.Name}\" aria-labelledby=\"name-{service.Name}\">");
            main.Append($"<h2 id=\"name-{service.Name}\"><a id=\"more-{service.Name}\" href=\"/services/{service.Name}\">{service.Name}</a></h2>");
            ServiceFacts.Append(main, service, service.Name == own, requests(service.Name), now, withDetails: false);
            main.Append($"</section>");
        }

        AppendRemarks(main, "refused", "Refused", status.Rejected.Select(static refusal => (refusal.Container, refusal.Service, refusal.Reason)));
        AppendRemarks(main, "warnings", "Warnings", status.Warnings.Select(static warning => (warning.Container, warning.Service, warning.Text)));
        return new Page(StatusCodes.Status200OK, "/status", "Status", main);
    }

    /// <summary>What was refused, and what may be a mistake: by container.</summary>
    public static void AppendRemarks(
        Markup main, string id, string title, IEnumerable<(string Container, string? Service, string Text)> remarks)
    {
        var all = remarks.ToList();
        if (all.Count == 0)
        {
            return;
        }

        main.Append($"<section class=\"card\" id=\"{id}\" aria-labelledby=\"title-{id}\"><h2 id=\"title-{id}\">{title}</h2><dl>");
        foreach (var (container, service, text) in all)
        {
            main.Append($"<dt>{container}{(service is null ? "" : $" (service {service})")}</dt><dd>{text}</dd>");
        }

        main.Append($"</dl></section>");
    }

    private static void AppendDocker(Markup main, StatusDocument status)
    {
        foreach (var engine in status.Engines?.Where(static engine => !engine.Connected) ?? [])
        {
            main.Append($"<p class=\"notice problem\" id=\"docker-{engine.Name}\"><strong>Docker Engine {engine.Name} is away:</strong> ");
            main.Append($"{engine.LastError ?? "connecting"}</p>");
        }

        if (status.Docker is { Connected: false, IsNone: false } docker)
        {
            main.Append($"<p class=\"notice problem\" id=\"docker\"><strong>Docker is away:</strong> {docker.Error ?? "connecting"}</p>");
        }
    }
}
