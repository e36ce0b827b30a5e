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
/// <item>Before the first listing of any Engine. Nothing runs yet, and what waits for a healthy Dovetail must not go on. The start period
/// of the image's HEALTHCHECK (30 s) is the allowance for it: Docker does not count failures in it.</item>
/// <item>When the control loop or the watcher of an Engine is stuck.</item>
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
    /// <param name="further">The Engines besides that of <c>DOCKER_HOST</c>; null: there are none.</param>
    public static HealthDocument From(
        ReconcilerReport report,
        DockerHealth docker,
        string endpoint,
        TimeSpan resync,
        DateTimeOffset now,
        IReadOnlyList<EngineHealth>? further = null)
    {
        var problem = Unlisted(docker, endpoint, further ?? []) ?? Stuck(report.LastReconciled, docker, further ?? [], resync, now);
        var ready = report.Nodes.Count(static node => node.State is NodeState.Ready or NodeState.Asleep);
        return new HealthDocument(problem is null, problem, report.Nodes.Length, ready);
    }

    private static string? Unlisted(DockerHealth docker, string endpoint, IReadOnlyList<EngineHealth> further)
    {
        if (docker.LastListing is not null || further.Any(static engine => engine.Health.LastListing is not null))
        {
            return null;
        }

        if (!docker.IsNone)
        {
            return $"Docker has not answered at {endpoint} since the start: {docker.LastError ?? "still connecting"}";
        }

        return further is not [var first, ..] ? null
            : $"Docker Engine {first.Name} has not answered at {first.Endpoint} since the start, and neither has any other: "
                + (first.Health.LastError ?? "still connecting");
    }

    private static string? Stuck(
        DateTimeOffset? lastReconciled,
        DockerHealth docker,
        IReadOnlyList<EngineHealth> further,
        TimeSpan resync,
        DateTimeOffset now)
    {
        if (lastReconciled is not { } reconciled)
        {
            return docker.IsNone && further.Count == 0
                ? "the control loop has not completed a round yet"
                : "the containers are listed, but the control loop has not completed a round yet";
        }

        var limit = (3 * resync) + Slack;
        if (now - reconciled > limit)
        {
            return $"the control loop is stuck: its last round was {Ago(now - reconciled)} ago; restart Dovetail";
        }

        return further.Select(static engine => (Who: $"the watcher of Docker Engine {engine.Name}", engine.Health))
            .Prepend((Who: "the Docker watcher", Health: docker))
            .Where(watcher => watcher.Health.Connected)
            .Select(watcher => watcher.Health.LastListing is { } lastListing && now - lastListing > limit
                ? $"{watcher.Who} is stuck: its last listing was {Ago(now - lastListing)} ago; restart Dovetail"
                : null)
            .FirstOrDefault(static problem => problem is not null);
    }

    private static string Ago(TimeSpan age) => string.Create(CultureInfo.InvariantCulture, $"{age.TotalMinutes:0} minutes");
}
