using Dovetail.Admin;

namespace Dovetail.Dashboard;

/// <summary>One service in detail, with the end of its log.</summary>
internal static class ServicePage
{
    /// <summary>Lines of the log that are shown.</summary>
    public const int LogLines = 100;

    /// <param name="log">The newest lines of the log of its tailscaled, oldest first.</param>
    /// <param name="token">Lets the visitor order a restart; null: none may be ordered.</param>
    /// <param name="isRestarted">A restart was ordered just now.</param>
    public static Page Render(
        StatusDocument status,
        ServiceStatus service,
        string own,
        ServiceRequests requests,
        IReadOnlyList<string> log,
        string? token,
        bool isRestarted,
        DateTimeOffset now)
    {
        var name = service.Name;
        var main = new Markup().Append($"<h1>{name}</h1>");
        if (isRestarted)
        {
            main.Append($"<p class=\"notice remark\" id=\"done\" role=\"status\">tailscaled is started anew; the service is away for some seconds.</p>");
        }

        main.Append($"<section class=\"card\" id=\"facts\" aria-label=\"Facts\">");
        ServiceFacts.Append(main, service, name == own, requests, now, withDetails: true);
        main.Append($"</section>");
        if (token is not null)
        {
            // Open only on purpose, so that a slip of the finger interrupts nothing; needs no script.
            main.Append(
                $"""
                <details class="card" id="restart"><summary>Restart</summary>
                <p>Starts tailscaled anew. Machine, address and certificate stay; the service is away for some seconds.</p>
                <form method="post" action="/services/{name}/restart"><input type="hidden" name="token" value="{token}">
                <button id="restart-now">Restart {name} now</button></form></details>
                """);
        }

        StatusPage.AppendRemarks(main, "refused", "Refused", status.Rejected
            .Where(refusal => refusal.Service == name).Select(static refusal => (refusal.Container, refusal.Service, refusal.Reason)));
        StatusPage.AppendRemarks(main, "warnings", "Warnings", status.Warnings
            .Where(warning => warning.Service == name).Select(static warning => (warning.Container, warning.Service, warning.Text)));
        AppendLog(main, log);
        return new Page(StatusCodes.Status200OK, $"/services/{name}", name, main);
    }

    private static void AppendLog(Markup main, IReadOnlyList<string> log)
    {
        main.Append($"<section id=\"log-part\" aria-labelledby=\"title-log\"><h2 id=\"title-log\">Log of tailscaled</h2>");
        if (log.Count == 0)
        {
            main.Append($"<p>It has written nothing yet.</p></section>");
            return;
        }

        // It scrolls, and so has to be reached by the keyboard.
        main.Append($"<pre id=\"log\" tabindex=\"0\" role=\"log\" aria-live=\"off\" aria-labelledby=\"title-log\">");
        foreach (var line in log)
        {
            main.Append($"{line}\n");
        }

        main.Append($"</pre></section>");
    }
}
