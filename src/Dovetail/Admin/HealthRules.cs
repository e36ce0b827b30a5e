using System.Globalization;
using Dovetail.Docker;
using Dovetail.Nodes.Facts;
using Dovetail.Reconciliation;

namespace Dovetail.Admin;

/// <summary>The result of <c>dovetail health</c>.</summary>
/// <param name="Healthy">Whether Dovetail does its work, by <see cref="HealthRules"/>.</param>
/// <param name="Reason">Why not, in one line; null when it is healthy.</param>
/// <param name="Services">How many services have a node.</param>
/// <param name="Ready">How many of them are ready, or asleep.</param>
internal sealed record HealthDocument(bool Healthy, string? Reason, int Services, int Ready);

/// <summary>
/// Decides whether the daemon is healthy. An unhealthy container may be restarted by what watches it, and a restart of Dovetail
/// interrupts every service, so it is unhealthy only where a restart can help or nothing runs yet:
/// <list type="bullet">
/// <item>Before the first listing. Nothing runs yet, and what waits for a healthy Dovetail must not go on. The start period of the
/// image's HEALTHCHECK (30 s) is the allowance for it: Docker does not count failures in it.</item>
/// <item>When the control loop or the watcher is stuck.</item>
/// </list>
/// A broken service does not make it unhealthy, and neither does an Engine that is away after the first listing: the services
/// go on without the Engine, and the watcher keeps trying.
/// </summary>
internal static class HealthRules
{
    // A listing may take its whole deadline (30 s) and a round of the loop a while on a busy machine.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(2);

    /// <param name="endpoint">Where the Engine is, for the reason.</param>
    /// <param name="resync">Longest time between two listings and between two rounds of the loop, while all is well.</param>
    public static HealthDocument From(ReconcilerReport report, DockerHealth docker, string endpoint, TimeSpan resync, DateTimeOffset now)
    {
        var problem = Problem(report.LastReconciled, docker, endpoint, resync, now);
        var ready = report.Nodes.Count(static node => node.State is NodeState.Ready or NodeState.Asleep);
        return new HealthDocument(problem is null, problem, report.Nodes.Length, ready);
    }

    private static string? Problem(
        DateTimeOffset? lastReconciled, DockerHealth docker, string endpoint, TimeSpan resync, DateTimeOffset now)
    {
        if (docker is { LastListing: null, IsNone: false })
        {
            return $"Docker has not answered at {endpoint} since the start: {docker.LastError ?? "still connecting"}";
        }

        if (lastReconciled is not { } reconciled)
        {
            return docker.IsNone
                ? "the control loop has not completed a round yet"
                : "the containers are listed, but the control loop has not completed a round yet";
        }

        var limit = (3 * resync) + Slack;
        if (now - reconciled > limit)
        {
            return $"the control loop is stuck: its last round was {Ago(now - reconciled)} ago; restart Dovetail";
        }

        return docker is { Connected: true, LastListing: { } lastListing } && now - lastListing > limit
            ? $"the Docker watcher is stuck: its last listing was {Ago(now - lastListing)} ago; restart Dovetail"
            : null;
    }

    private static string Ago(TimeSpan age) => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} minutes");
}
