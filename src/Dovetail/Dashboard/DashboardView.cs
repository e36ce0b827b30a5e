using Dovetail.Admin;
using Dovetail.Docker;
using Dovetail.Reconciliation;

namespace Dovetail.Dashboard;

/// <summary>Makes the pages of how things stand now.</summary>
internal sealed class DashboardView(
    Reconciler reconciler,
    DockerWatcher watcher,
    AdminOptions admin,
    DashboardOptions options,
    RequestCounts requests,
    OrderCheck orders,
    TimeProvider time,
    FurtherEngines? further = null)
{
    /// <summary>What is before the name of a service in the path of its page.</summary>
    public const string Services = "/services/";

    /// <param name="isRestarted">The visitor has just ordered a restart.</param>
    /// <returns>What this visitor gets under the path; a page that says so, when it is nothing.</returns>
    public Page PageOf(string path, Visitor visitor, bool isRestarted = false)
    {
        if (path == "/")
        {
            return StartPage.Render(reconciler.Report().Nodes, visitor);
        }

        // Before anything is looked for: who may not see it learns not even what there is.
        if (!visitor.IsViewer)
        {
            return Page.Refused(StatusCodes.Status403Forbidden, path, "Not allowed", "You are not on the list of those who may see this.");
        }

        var report = reconciler.Report();
        requests.KeepOnly(report.Nodes.Select(static node => node.Service.Name).ToHashSet(StringComparer.Ordinal));
        var status = StatusMapper.Map(report, watcher.Health, admin.DockerEndpoint, further: further?.Health);
        if (path == "/status")
        {
            return StatusPage.Render(status, options.Name, requests.Of, time.GetUtcNow());
        }

        var name = path.StartsWith(Services, StringComparison.Ordinal) ? path[Services.Length..] : "";
        if (status.Services.FirstOrDefault(service => service.Name == name) is not { } service || reconciler.Find(name) is not { } node)
        {
            return Page.NotFound(path);
        }

        var token = visitor.IsAdmin && name != options.Name ? orders.TokenFor(visitor, name) : null;
        var log = node.DaemonLog.Tail(ServicePage.LogLines);
        return ServicePage.Render(status, service, options.Name, requests.Of(name), log, token, isRestarted, time.GetUtcNow());
    }
}
