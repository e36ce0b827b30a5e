using System.Globalization;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Notifications.Messages;

/// <summary>Reads off the reports of the stages what a person may have to be told of.</summary>
/// <param name="least">Nothing of a lower severity.</param>
/// <param name="tellsLoginUrls">
/// Whether login URLs are among it. Who opens one can add the node to a tailnet of their own, and reaches the container there, so that they
/// are not for everybody who reads a receiver's messages.
/// </param>
internal sealed class FindingReader(Severity least, bool tellsLoginUrls)
{
    public const string DockerSubject = "Docker";

    private const string NeedsLogin = "needs-login";

    // An Engine that is updated or restarted is away for some seconds.
    private static readonly TimeSpan DockerPatience = TimeSpan.FromMinutes(1);

    /// <param name="further">The Engines besides that of <c>DOCKER_HOST</c>; null: there are none.</param>
    public Findings Read(ReconcilerReport report, DockerHealth docker, IReadOnlyList<EngineHealth>? further = null)
    {
        var dashboard = report.Nodes.FirstOrDefault(static node => node is { Service.IsOwn: true, State: NodeState.Ready })?.Url;
        List<Finding> items = [];
        foreach (var node in report.Nodes)
        {
            items.AddRange(OfNode(node, dashboard));
        }

        items.AddRange(report.Rejected.GroupBy(static refusal => refusal.Service ?? refusal.Container, StringComparer.Ordinal)
            .Select(refusals => OfRefusals(refusals, dashboard)));
        if (docker is { Connected: false, IsNone: false })
        {
            items.Add(Away(DockerSubject, "the Docker Engine", docker, "DOCKER_HOST"));
        }

        items.AddRange((further ?? []).Where(static engine => !engine.Health.Connected).Select(static engine =>
            Away($"{DockerSubject} {engine.Name}", $"the Docker Engine {engine.Name}", engine.Health, EngineList.Variable)));

        return new Findings(items, report.Nodes.Select(static node => node.Service.Name).ToHashSet(StringComparer.Ordinal));
    }

    private static Finding Away(string subject, string what, DockerHealth health, string variable) => new(
        subject,
        "docker-away",
        Severity.Problem,
        $"{what} is away: {health.LastError ?? "it has not answered yet"}",
        $"Services stay as they are, and Dovetail keeps trying. See that the Engine runs and that {variable} leads to it.")
    {
        AtLeast = DockerPatience,
    };

    private IEnumerable<Finding> OfNode(NodeReport node, string? dashboard)
    {
        var name = node.Service.Name;
        // The dashboard's page of the service; the dashboard itself has to be well to show it.
        var link = dashboard is null ? null : $"{dashboard}/services/{name}";
        // Several containers of a service may be in the same one.
        return node.Conditions.Where(condition => condition.Severity >= least)
            .GroupBy(static condition => condition.Id, StringComparer.Ordinal)
            .Select(same =>
            {
                var first = Shown(node, same.First(), link);
                return new Finding(
                    name, first.Id, same.Max(static condition => condition.Severity), first.Text + More(same.Count()), first.Fix)
                {
                    IsOfService = true,
                    Link = link,
                };
            });
    }

    private Condition Shown(NodeReport node, Condition condition, string? link)
    {
        if (tellsLoginUrls && node.LoginUrl is not null)
        {
            return condition;
        }

        return condition.Id == NeedsLogin
            ? condition with
            {
                Text = "the node is not logged in",
                Fix = $"Log it in ({link ?? $"dovetail login {node.Service.Name}"} shows where), or set TS_AUTHKEY.",
            }
            : node.LoginUrl is not { } url ? condition
            : condition with { Text = condition.Text.Replace(url, "(a login URL)", StringComparison.Ordinal) };
    }

    private static Finding OfRefusals(IGrouping<string, RejectedContainer> refusals, string? dashboard)
    {
        var first = refusals.First();
        var what = (first.IsOfFile ? first.Container : $"container {first.Container}")
            + (first.IsOfFile && first.Service is null ? "" : " is refused");
        return new Finding(
            refusals.Key,
            "container-refused",
            Severity.Problem,
            $"{what}: {first.Reason}{More(refusals.Count())}",
            first.IsOfFile ? "Correct the services file; dovetail check shows every mistake." : "Correct its labels; dovetail check shows every mistake.")
        {
            Link = dashboard is null ? null : $"{dashboard}/status",
        };
    }

    private static string More(int count) =>
        count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" (and {count - 1} more of its kind)");
}
