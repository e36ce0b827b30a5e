using Dovetail.Docker;
using Dovetail.Notifications;
using Dovetail.Processes;
using Dovetail.Reconciliation;

namespace Dovetail.Metrics;

/// <summary>Reads everything that there is to measure, for those who show it or send it.</summary>
internal sealed class MetricsReader(
    Reconciler reconciler, DockerWatcher watcher, ProxyMeasurements measurements, MetricsOptions options, Notifier? notifier = null,
    Forgetter? forgetter = null, FurtherEngines? further = null)
{
    /// <summary>Listeners measure from now on; else they do from the first reading on.</summary>
    public void Start() => measurements.Start();

    public void Write(IMetricWriter writer)
    {
        measurements.Start();
        var report = reconciler.Report();
        DaemonMetrics.Write(writer, report, watcher.Health, options.Version, ProcessUsage.Of, forgetter?.Machines.Count, further?.Health);
        if (notifier is not null)
        {
            DaemonMetrics.WriteNotifications(writer, notifier.Report());
        }

        measurements.Write(writer, report.Nodes.Select(static node => node.Service.Name).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>What listeners have measured up to their end, when there may be no node any more.</summary>
    public void WriteLast(IMetricWriter writer) => measurements.Write(writer, services: null);
}
