using System.Net;
using Dovetail.Common;
using Dovetail.Containers;
using Dovetail.Dashboard;
using Dovetail.Docker;
using Dovetail.Metrics.Otlp;
using Dovetail.Nodes;
using Dovetail.Notifications;
using Dovetail.Proxy.Model;
using Dovetail.Reconciliation;
using Dovetail.Services.Model;

namespace Dovetail.Configuration;

/// <summary>The whole configuration, checked.</summary>
internal sealed record DovetailOptions
{
    public required NodeOptions Nodes { get; init; }

    public required AuthKeySource Keys { get; init; }

    /// <summary>Whether a key or a key file is configured at all.</summary>
    public required bool HasKey { get; init; }

    public required ServiceOptions Services { get; init; }

    /// <summary>Absolute path of the services file; null: there is none.</summary>
    public required string? ServicesFile { get; init; }

    public required DockerEndpoint Docker { get; init; }

    /// <summary>Engines besides that, each with its name.</summary>
    public required EquatableArray<DockerEndpoint> FurtherEngines { get; init; }

    public EngineNames EngineNames => new(!Docker.IsNone, FurtherEngines.Select(static engine => engine.Engine ?? "").ToEquatableArray());

    public required DockerWatcherOptions Watcher { get; init; }

    public required ListenerOptions Listeners { get; init; }

    public required ReconcilerOptions Reconciler { get; init; }

    /// <summary>The <c>tailscale</c> binary.</summary>
    public required string Tailscale { get; init; }

    public required LogLevel LogLevel { get; init; }

    /// <summary>Whether each log line is a JSON object.</summary>
    public required bool JsonLog { get; init; }

    /// <summary>Where Prometheus reads metrics, besides the admin socket; null: nowhere.</summary>
    public required IPEndPoint? MetricsAddress { get; init; }

    /// <summary>The collector that metrics are sent to; null: none.</summary>
    public required OtlpOptions? Otlp { get; init; }

    /// <summary>Null: there is no dashboard.</summary>
    public required DashboardOptions? Dashboard { get; init; }

    /// <summary>Null: nobody is notified.</summary>
    public required NotifyOptions? Notifications { get; init; }
}
