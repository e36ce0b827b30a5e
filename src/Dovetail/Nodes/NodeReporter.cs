using System.Globalization;
using Dovetail.Nodes.Decisions;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Services.Model;
using Dovetail.Tailscale;

namespace Dovetail.Nodes;

/// <summary>Tells how a node stands: to the log once per change, to <c>dovetail status</c> whenever it asks.</summary>
internal sealed partial class NodeReporter(
    ServiceSpec service, LogBuffer log, TimeProvider time, ILogger logger)
{
    private const int TailLines = 5;

    private volatile NodeReport _current = new() { Service = service, State = NodeState.Starting, Since = time.GetUtcNow() };

    public NodeReport Current => _current;

    public void Publish(NodeFacts facts, NodeDecision decision)
    {
        var before = _current;
        // A node that is down for a moment keeps its name and addresses.
        var name = facts.Tailnet.DnsName ?? before.DnsName;
        _current = new NodeReport
        {
            Service = facts.Service,
            State = decision.State,
            Since = decision.State == before.State ? before.Since : time.GetUtcNow(),
            Conditions = decision.Conditions,
            DnsName = name,
            Addresses = facts.Tailnet.Status?.TailscaleIps is { Count: > 0 } addresses ? [.. addresses] : before.Addresses,
            Url = name is null ? null : UrlOf(facts, name),
            LoginUrl = facts.Tailnet.Backend == BackendState.NeedsLogin ? facts.Tailnet.LoginUrl : null,
            CertificateName = facts.Certificate.Name,
            CertificateNotAfter = facts.Certificate.Name is null ? null : facts.Certificate.NotAfter,
            ProcessId = facts.Daemon.ProcessId,
            Restarts = facts.Supervision.Restarts,
            Ports = facts.Listener.Ports,
            LogTail = facts.Supervision.Down is null ? [] : [.. log.Tail(TailLines)],
        };
        LogChanges(before, _current);
    }

    private static string UrlOf(NodeFacts facts, string name) => facts.Service switch
    {
        { Http: true } => $"{(facts.WantsHttps ? "https" : "http")}://{name}",
        { TcpPorts: [var first, ..] } => string.Create(CultureInfo.InvariantCulture, $"tcp://{name}:{first}"),
        _ => name,
    };

    private void LogChanges(NodeReport before, NodeReport after)
    {
        var name = after.Service.Name;
        foreach (var condition in after.Conditions.Where(
            condition => !before.Conditions.Any(known => known.Id == condition.Id && known.Text == condition.Text)))
        {
            var level = condition.Severity == Severity.Problem ? LogLevel.Warning : LogLevel.Information;
            Log.Condition(logger, level, name, condition.Text, condition.Fix);
        }

        foreach (var condition in before.Conditions.Where(condition => !after.Conditions.Any(known => known.Id == condition.Id)))
        {
            Log.Over(logger, name, condition.Text);
        }

        if (before.State == after.State)
        {
            return;
        }

        if (after.State == NodeState.Ready)
        {
            Log.Ready(logger, name, after.Url ?? "", string.Join(", ", after.Addresses));
        }
        else
        {
            Log.StateChanged(logger, name, after.State);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Information, "{Service}: {State}")]
        public static partial void StateChanged(ILogger logger, string service, NodeState state);

        [LoggerMessage(3002, LogLevel.Information, "{Service}: ready at {Url} ({Addresses})")]
        public static partial void Ready(ILogger logger, string service, string url, string addresses);

        [LoggerMessage(EventId = 3003, Message = "{Service}: {Text}. {Fix}")]
        public static partial void Condition(ILogger logger, LogLevel level, string service, string text, string fix);

        [LoggerMessage(3007, LogLevel.Information, "{Service}: over: {Text}")]
        public static partial void Over(ILogger logger, string service, string text);
    }
}
