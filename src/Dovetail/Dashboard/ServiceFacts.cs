using Dovetail.Admin;
using Dovetail.Common;

namespace Dovetail.Dashboard;

/// <summary>What is said of one service, on the page of all and on its own.</summary>
internal static class ServiceFacts
{
    /// <param name="isOwn">It is the dashboard.</param>
    /// <param name="withDetails">What only the service's own page has.</param>
    public static void Append(
        Markup main, ServiceStatus service, bool isOwn, ServiceRequests requests, DateTimeOffset now, bool withDetails)
    {
        main.Append($"<p class=\"state {ClassOf(service)}\">{service.State} for {Ages.Short(now - service.Since)}</p>");
        AppendConditions(main, service);
        main.Append($"<dl>");
        if (service.Url is { } url)
        {
            main.Append($"<dt>Address</dt><dd>{Texts.Link("link-" + service.Name, url, url)}</dd>");
        }

        AppendUpstreams(main, service, isOwn, withDetails);
        if (service.Certificate is { } certificate)
        {
            main.Append($"<dt>Certificate</dt><dd>{Texts.Certificate(certificate, now)}</dd>");
        }

        main.Append(
            $"<dt>Requests</dt><dd>{requests.LastMinute} in the last minute, {requests.Total} in all (4xx: {requests.ClientErrors}, 5xx: {requests.ServerErrors})</dd>");
        if (withDetails)
        {
            AppendDetails(main, service);
        }

        main.Append($"</dl>");
    }

    private static void AppendConditions(Markup main, ServiceStatus service)
    {
        var number = 0;
        foreach (var condition in service.Conditions)
        {
            var id = $"condition-{service.Name}-{number++}";
            main.Append($"<div class=\"notice {(condition.Severity == "Problem" ? "problem" : "remark")}\" id=\"{id}\">");
            main.Append($"<p><strong>{condition.Severity}:</strong> {condition.Text}</p><p>{condition.Fix}</p></div>");
        }

        if (service.LoginUrl is { } login)
        {
            main.Append($"<p class=\"login\">{Texts.Link("login-" + service.Name, login, $"Log {service.Name} in", isOut: true)}</p>");
        }
    }

    private static void AppendUpstreams(Markup main, ServiceStatus service, bool isOwn, bool withRoute)
    {
        main.Append($"<dt>Upstreams</dt>");
        foreach (var container in service.Asleep ?? [])
        {
            main.Append($"<dd>{container}, asleep: the next request starts it</dd>");
        }

        if (service is { Upstreams.Count: 0, Asleep: null })
        {
            main.Append($"<dd>{(isOwn ? "Dovetail itself" : "none")}</dd>");
        }

        foreach (var upstream in service.Upstreams)
        {
            var health = upstream.Health == "None" ? "" : $", {upstream.Health.ToLowerInvariant()}";
            var route = withRoute ? $" ({upstream.Route}{SeenFrom(upstream)})" : "";
            var container = upstream.Container is { } name ? $"{name} at " : "";
            main.Append($"<dd>{container}{upstream.Address}{health}{route}</dd>");
        }
    }

    private static string SeenFrom(UpstreamStatus upstream) => upstream.Source is { } source ? $"; sees requests from {source}" : "";

    private static void AppendDetails(Markup main, ServiceStatus service)
    {
        if (service.Addresses.Count > 0)
        {
            main.Append($"<dt>Addresses</dt><dd>{string.Join(", ", service.Addresses)}</dd>");
        }

        if (service.Origin is { } origin)
        {
            main.Append($"<dt>Declared in</dt><dd>{origin}</dd>");
        }

        var process = service.Tailscaled.Pid is { } pid ? $"process {pid}" : "not running";
        main.Append($"<dt>tailscaled</dt><dd>{process}, restarts: {service.Tailscaled.Restarts}</dd>");
    }

    // As in StatusTable: by more than colour, for the word stands there too.
    private static string ClassOf(ServiceStatus service) => service.State switch
    {
        "Ready" or "Asleep" => service.Conditions.Any(static condition => condition.Severity == "Problem") ? "waiting" : "good",
        "Backoff" or "NeedsLogin" => "bad",
        _ => "waiting",
    };
}
