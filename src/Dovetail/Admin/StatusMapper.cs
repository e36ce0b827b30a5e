using System.Reflection;
using Dovetail.Docker;
using Dovetail.Nodes;
using Dovetail.Notifications;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Admin;

/// <summary>Maps the reports of the stages to the status document.</summary>
internal static class StatusMapper
{
    /// <summary>Version of Dovetail.</summary>
    public static string Version { get; } = typeof(StatusMapper).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    /// <param name="receivers">Null: nobody is notified.</param>
    /// <param name="unwanted">The machines that no container wants; null: none is forgotten by itself.</param>
    /// <param name="further">The Engines besides that of <c>DOCKER_HOST</c>; null: there are none.</param>
    public static StatusDocument Map(
        ReconcilerReport report,
        DockerHealth docker,
        string endpoint,
        IReadOnlyList<ReceiverReport>? receivers = null,
        IReadOnlyList<UnwantedMachine>? unwanted = null,
        IReadOnlyList<EngineHealth>? further = null) => new()
        {
            Version = Version,
            Docker = new DockerStatus(endpoint, docker.Connected, docker.LastError, docker.LastListing),
            Engines = further is null ? null
                : [.. further.Select(static engine => new EngineStatus(
                    engine.Name, engine.Endpoint, engine.Health.Connected, engine.Health.LastError, engine.Health.LastListing))],
            Services = [.. report.Nodes.Select(Map)],
            Rejected = report.Rejected,
            Warnings = report.Warnings,
            Notifications = receivers,
            Unwanted = unwanted is { Count: > 0 } ? unwanted : null,
        };

    private static ServiceStatus Map(NodeReport node) => new()
    {
        Name = node.Service.Name,
        Url = node.Url,
        State = node.State.ToString(),
        Since = node.Since,
        Origin = node.Service.Origin,
        DnsName = node.DnsName,
        Addresses = node.Addresses,
        LoginUrl = node.LoginUrl,
        Certificate = node is { CertificateName: { } name, CertificateNotAfter: { } notAfter }
            ? new CertificateStatus(name, notAfter)
            : null,
        Upstreams = [.. node.Service.Upstreams.Select(Map)],
        Asleep = node.Service.Sleeping.Count == 0 ? null : [.. node.Service.Sleeping.Select(static container => container.ContainerName)],
        Conditions = [.. node.Conditions.Select(static condition =>
            new ConditionStatus(condition.Id, condition.Severity.ToString(), condition.Text, condition.Fix))],
        Tailscaled = new TailscaledStatus(node.ProcessId, node.Restarts, node.LogTail),
        Listener = node.Ports is { } ports ? new ListenerStatus(ports.Https.ToString(), ports.Http.ToString()) : null,
    };

    private static UpstreamStatus Map(Upstream upstream) =>
        new(
            upstream.IsContainer ? upstream.ContainerName : null,
            upstream.Url,
            upstream.Health.ToString(),
            upstream.Route,
            upstream.Source);
}
