namespace Dovetail.Metrics;

/// <summary>What is measured of the daemon and its nodes.</summary>
internal static class DaemonFamilies
{
    public static readonly MetricFamily BuildInfo = new("dovetail.build_info", MetricKind.Gauge, "", "Version of Dovetail; always 1.");

    public static readonly MetricFamily DockerConnected = new(
        "dovetail.docker.connected", MetricKind.Gauge, "", "1 while Docker's events are subscribed to and its containers can be listed.");

    public static readonly MetricFamily LastListing = new(
        "dovetail.docker.last_listing.timestamp", MetricKind.Gauge, "s", "When all containers were last listed.");

    public static readonly MetricFamily ReconcileDuration = new(
        "dovetail.reconcile.duration", MetricKind.Summary, "s", "Rounds of the control loop.");

    public static readonly MetricFamily RejectedContainers = new(
        "dovetail.rejected_containers", MetricKind.Gauge, "{service}",
        "Services of containers that are refused for a mistake in their labels.");

    public static readonly MetricFamily ServicesFileValid = new(
        "dovetail.services_file.valid", MetricKind.Gauge, "", "1 while the services file holds as it is; 0: what it said before does.");

    public static readonly MetricFamily LabelWarnings = new(
        "dovetail.label_warnings", MetricKind.Gauge, "{warning}", "Mistakes in labels that refuse nothing.");

    public static readonly MetricFamily NodeState = new(
        "dovetail.node.state", MetricKind.Gauge, "", "State of a service's node: 1 for the one that it is in, 0 for all others.");

    public static readonly MetricFamily NodeCondition = new(
        "dovetail.node.condition", MetricKind.Gauge, "", "1 for each condition that a service's node is in.");

    public static readonly MetricFamily NodeUpstreams = new(
        "dovetail.node.upstreams", MetricKind.Gauge, "{container}", "Containers that serve.");

    public static readonly MetricFamily TailscaledRestarts = new(
        "dovetail.tailscaled.restarts", MetricKind.Counter, "{restart}", "How often a service's tailscaled was started anew.");

    public static readonly MetricFamily CertificateNotAfter = new(
        "dovetail.certificate.not_after.timestamp", MetricKind.Gauge, "s", "When the certificate in use expires.");

    public static readonly MetricFamily TailscaledMemory = new(
        "dovetail.tailscaled.resident_memory", MetricKind.Gauge, "By", "Resident memory of a service's tailscaled.");

    public static readonly MetricFamily TailscaledCpu = new(
        "dovetail.tailscaled.cpu", MetricKind.Counter, "s", "User and system processor time of a service's running tailscaled.");

    public static readonly MetricFamily NotificationsSent = new(
        "dovetail.notifications.sent", MetricKind.Counter, "{message}", "Messages that a receiver took.");

    public static readonly MetricFamily NotificationsFailed = new(
        "dovetail.notifications.failed", MetricKind.Counter, "{message}", "Messages that a receiver did not get.");

    public static readonly MetricFamily SleepStops = new(
        "dovetail.sleep.stops", MetricKind.Counter, "{stop}", "Containers that were stopped because no request came.");

    public static readonly MetricFamily SleepStarts = new(
        "dovetail.sleep.starts", MetricKind.Counter, "{start}", "Containers that were started by a request, or were to be.");

    public static readonly MetricFamily SleepStartFailures = new(
        "dovetail.sleep.start_failures", MetricKind.Counter, "{start}", "Those of them that did not come up.");

    public static readonly MetricFamily UnwantedMachines = new(
        "dovetail.unwanted_machines", MetricKind.Gauge, "{machine}", "Machines that no container wants, and that are forgotten in time.");

    public static readonly MetricFamily OwnMemory = new(
        "process.resident_memory", MetricKind.Gauge, "By", "Resident memory of Dovetail itself.");

    public static readonly MetricFamily OwnCpu = new(
        "process.cpu", MetricKind.Counter, "s", "User and system processor time of Dovetail itself.");
}
