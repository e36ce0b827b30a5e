using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Reconciliation;

namespace Dovetail.Metrics;

/// <summary>Writes what is known of the daemon and its nodes, read when it is asked for.</summary>
internal static class DaemonMetrics
{
    private const string Service = "dovetail_service";

    /// <param name="version">Of Dovetail.</param>
    /// <param name="usage">What a process takes; null: there is none of that id.</param>
    public static void Write(
        PrometheusText text, ReconcilerReport report, DockerHealth docker, string version, Func<int, ProcessUsage?> usage)
    {
        text.Begin("dovetail_build_info", "gauge", "Version of Dovetail; always 1.").Sample(1, ("version", version));
        WriteDocker(text, docker);
        WriteReconciler(text, report);
        WriteSleep(text, report);
        WriteNodes(text, report.Nodes);
        WriteProcesses(text, report.Nodes, usage);
    }

    private static void WriteDocker(PrometheusText text, DockerHealth docker)
    {
        text.Begin("dovetail_docker_connected", "gauge", "1 while Docker's events are subscribed to and its containers can be listed.")
            .Sample(docker.Connected ? 1 : 0);
        text.Begin("dovetail_docker_last_listing_timestamp_seconds", "gauge", "When all containers were last listed.");
        if (docker.LastListing is { } listing)
        {
            text.Sample(Seconds(listing));
        }
    }

    private static void WriteReconciler(PrometheusText text, ReconcilerReport report)
    {
        text.Begin("dovetail_reconcile_duration_seconds", "summary", "Rounds of the control loop.")
            .Sample("_sum", report.Rounds.Duration.TotalSeconds)
            .Sample("_count", report.Rounds.Count);
        text.Begin("dovetail_rejected_containers", "gauge", "Services of containers that are refused for a mistake in their labels.")
            .Sample(report.Rejected.Length);
        text.Begin("dovetail_label_warnings", "gauge", "Mistakes in labels that refuse nothing.").Sample(report.Warnings.Length);
    }

    private static void WriteSleep(PrometheusText text, ReconcilerReport report)
    {
        if (report.Sleep is { } sleep)
        {
            text.Begin("dovetail_sleep_stops_total", "counter", "Containers that were stopped because no request came.")
                .Sample(sleep.Stops);
            text.Begin("dovetail_sleep_starts_total", "counter", "Containers that were started by a request, or were to be.")
                .Sample(sleep.Starts);
            text.Begin("dovetail_sleep_start_failures_total", "counter", "Those of them that did not come up.")
                .Sample(sleep.FailedStarts);
        }
    }

    private static void WriteNodes(PrometheusText text, IReadOnlyList<NodeReport> nodes)
    {
        text.Begin("dovetail_node_state", "gauge", "State of a service's node: 1 for the one that it is in, 0 for all others.");
        foreach (var node in nodes)
        {
            foreach (var state in Enum.GetValues<NodeState>())
            {
                text.Sample(node.State == state ? 1 : 0, (Service, node.Service.Name), ("state", state.ToString()));
            }
        }

        text.Begin("dovetail_node_condition", "gauge", "1 for each condition that a service's node is in.");
        foreach (var node in nodes)
        {
            // Several upstreams may be in the same one.
            foreach (var (id, severity) in node.Conditions.Select(static condition => (condition.Id, condition.Severity)).Distinct())
            {
                text.Sample(1, (Service, node.Service.Name), ("condition", id), ("severity", severity.ToString()));
            }
        }

        text.Begin("dovetail_node_upstreams", "gauge", "Containers that serve.");
        Each(text, nodes, static node => node.Service.Upstreams.Count);
        text.Begin("dovetail_tailscaled_restarts_total", "counter", "How often a service's tailscaled was started anew.");
        Each(text, nodes, static node => node.Restarts);
        text.Begin("dovetail_certificate_not_after_timestamp_seconds", "gauge", "When the certificate in use expires.");
        Each(text, nodes, static node => node.CertificateNotAfter is { } end ? Seconds(end) : null);
    }

    private static void WriteProcesses(PrometheusText text, IReadOnlyList<NodeReport> nodes, Func<int, ProcessUsage?> usage)
    {
        var used = nodes.ToDictionary(
            static node => node.Service.Name, node => node.ProcessId is { } id ? usage(id) : null, StringComparer.Ordinal);
        text.Begin("dovetail_tailscaled_resident_memory_bytes", "gauge", "Resident memory of a service's tailscaled.");
        Each(text, nodes, node => used[node.Service.Name]?.ResidentBytes);
        text.Begin(
            "dovetail_tailscaled_cpu_seconds_total", "counter", "User and system processor time of a service's running tailscaled.");
        Each(text, nodes, node => used[node.Service.Name]?.ProcessorTime.TotalSeconds);
        if (usage(Environment.ProcessId) is { } own)
        {
            text.Begin("process_resident_memory_bytes", "gauge", "Resident memory of Dovetail itself.").Sample(own.ResidentBytes);
            text.Begin("process_cpu_seconds_total", "counter", "User and system processor time of Dovetail itself.")
                .Sample(own.ProcessorTime.TotalSeconds);
        }
    }

    private static void Each(PrometheusText text, IReadOnlyList<NodeReport> nodes, Func<NodeReport, double?> value)
    {
        foreach (var node in nodes)
        {
            if (value(node) is { } known)
            {
                text.Sample(known, (Service, node.Service.Name));
            }
        }
    }

    private static double Seconds(DateTimeOffset at) => at.ToUnixTimeMilliseconds() / 1000.0;
}
