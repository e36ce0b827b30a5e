using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Notifications;
using Dovetail.Processes;
using Dovetail.Reconciliation;

namespace Dovetail.Metrics;

/// <summary>Writes what is known of the daemon and its nodes, read when it is asked for.</summary>
internal static class DaemonMetrics
{
    private const string Service = "dovetail.service";
    private const string Engine = "dovetail.engine";

    /// <param name="version">Of Dovetail.</param>
    /// <param name="usage">What a process takes; null: there is none of that id.</param>
    /// <param name="further">The Engines besides that of <c>DOCKER_HOST</c>; null: there are none.</param>
    /// <param name="unwanted">How many machines no container wants; null: nobody looks.</param>
    public static void Write(
        IMetricWriter writer,
        ReconcilerReport report,
        DockerHealth docker,
        string version,
        Func<int, ProcessUsage?> usage,
        int? unwanted = null,
        IReadOnlyList<EngineHealth>? further = null)
    {
        writer.Begin(DaemonFamilies.BuildInfo).Sample(1, ("version", version));
        WriteDocker(writer, docker, further ?? []);
        WriteReconciler(writer, report);
        if (unwanted is { } machines)
        {
            writer.Begin(DaemonFamilies.UnwantedMachines).Sample(machines);
        }

        WriteSleep(writer, report);
        WriteNodes(writer, report.Nodes);
        WriteProcesses(writer, report.Nodes, usage);
    }

    public static void WriteNotifications(IMetricWriter writer, IReadOnlyList<ReceiverReport> receivers)
    {
        // Two topics of one server look the same from outside.
        var shown = receivers.GroupBy(static report => report.Receiver, StringComparer.Ordinal).ToList();
        writer.Begin(DaemonFamilies.NotificationsSent);
        foreach (var same in shown)
        {
            writer.Sample(same.Sum(static report => report.Sent), ("receiver", same.Key));
        }

        writer.Begin(DaemonFamilies.NotificationsFailed);
        foreach (var same in shown)
        {
            writer.Sample(same.Sum(static report => report.Failed), ("receiver", same.Key));
        }
    }

    private static void WriteDocker(IMetricWriter writer, DockerHealth docker, IReadOnlyList<EngineHealth> further)
    {
        List<(DockerHealth Health, (string, string)[] Attributes)> engines =
        [
            .. docker.IsNone ? [] : ((DockerHealth, (string, string)[])[])[(docker, [])],
            .. further.Select(static engine => (engine.Health, ((string, string)[])[(Engine, engine.Name)])),
        ];
        if (engines.Count == 0)
        {
            return;
        }

        writer.Begin(DaemonFamilies.DockerConnected);
        foreach (var (health, attributes) in engines)
        {
            writer.Sample(health.Connected ? 1 : 0, attributes);
        }

        writer.Begin(DaemonFamilies.LastListing);
        foreach (var (health, attributes) in engines)
        {
            if (health.LastListing is { } listing)
            {
                writer.Sample(Seconds(listing), attributes);
            }
        }
    }

    private static void WriteSleep(IMetricWriter writer, ReconcilerReport report)
    {
        if (report.Sleep is { } sleep)
        {
            writer.Begin(DaemonFamilies.SleepStops).Sample(sleep.Stops);
            writer.Begin(DaemonFamilies.SleepStarts).Sample(sleep.Starts);
            writer.Begin(DaemonFamilies.SleepStartFailures).Sample(sleep.FailedStarts);
        }
    }

    private static void WriteReconciler(IMetricWriter writer, ReconcilerReport report)
    {
        writer.Begin(DaemonFamilies.ReconcileDuration)
            .Distribution(since: null, [], [report.Rounds.Count], report.Rounds.Duration.TotalSeconds);
        writer.Begin(DaemonFamilies.RejectedContainers).Sample(report.Rejected.Length);
        if (report.File is { } file)
        {
            writer.Begin(DaemonFamilies.ServicesFileValid).Sample(file.Problem is null ? 1 : 0);
        }

        writer.Begin(DaemonFamilies.LabelWarnings).Sample(report.Warnings.Length);
    }

    private static void WriteNodes(IMetricWriter writer, IReadOnlyList<NodeReport> nodes)
    {
        writer.Begin(DaemonFamilies.NodeState);
        foreach (var node in nodes)
        {
            foreach (var state in Enum.GetValues<NodeState>())
            {
                writer.Sample(node.State == state ? 1 : 0, (Service, node.Service.Name), ("state", state.ToString()));
            }
        }

        writer.Begin(DaemonFamilies.NodeCondition);
        foreach (var node in nodes)
        {
            // Several upstreams may be in the same one.
            foreach (var (id, severity) in node.Conditions.Select(static condition => (condition.Id, condition.Severity)).Distinct())
            {
                writer.Sample(1, (Service, node.Service.Name), ("condition", id), ("severity", severity.ToString()));
            }
        }

        writer.Begin(DaemonFamilies.NodeUpstreams);
        Each(writer, nodes, static node => node.Service.Upstreams.Count);
        writer.Begin(DaemonFamilies.TailscaledRestarts);
        Each(writer, nodes, static node => node.Restarts);
        writer.Begin(DaemonFamilies.CertificateNotAfter);
        Each(writer, nodes, static node => node.CertificateNotAfter is { } end ? Seconds(end) : null);
    }

    private static void WriteProcesses(IMetricWriter writer, IReadOnlyList<NodeReport> nodes, Func<int, ProcessUsage?> usage)
    {
        var used = nodes.ToDictionary(
            static node => node.Service.Name, node => node.ProcessId is { } id ? usage(id) : null, StringComparer.Ordinal);
        writer.Begin(DaemonFamilies.TailscaledMemory);
        Each(writer, nodes, node => used[node.Service.Name]?.ResidentBytes);
        writer.Begin(DaemonFamilies.TailscaledCpu);
        Each(writer, nodes, node => used[node.Service.Name]?.ProcessorTime.TotalSeconds);
        if (usage(Environment.ProcessId) is { } own)
        {
            writer.Begin(DaemonFamilies.OwnMemory).Sample(own.ResidentBytes);
            writer.Begin(DaemonFamilies.OwnCpu).Sample(own.ProcessorTime.TotalSeconds);
        }
    }

    private static void Each(IMetricWriter writer, IReadOnlyList<NodeReport> nodes, Func<NodeReport, double?> value)
    {
        foreach (var node in nodes)
        {
            if (value(node) is { } known)
            {
                writer.Sample(known, (Service, node.Service.Name));
            }
        }
    }

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
