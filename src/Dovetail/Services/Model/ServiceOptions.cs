using Dovetail.Common;

namespace Dovetail.Services.Model;

/// <summary>What the daemon's configuration says about every service.</summary>
internal sealed record ServiceOptions
{
    /// <summary>Longest hold, of the daemon and of a label alike.</summary>
    public static readonly TimeSpan MaxHold = TimeSpan.FromHours(1);

    /// <summary>Longest time without a request after which containers can be stopped.</summary>
    public static readonly TimeSpan MaxSleep = TimeSpan.FromDays(30);

    /// <summary>Labels are <c>PREFIX.name</c>, <c>PREFIX.port</c>, … (<c>DOVETAIL_LABEL_PREFIX</c>); without the dot.</summary>
    public string LabelPrefix { get; init; } = "dovetail";

    /// <summary>Tags of a service that names none (<c>DOVETAIL_TAGS</c>), each with its <c>tag:</c> prefix.</summary>
    public EquatableArray<string> Tags { get; init; }

    /// <summary>Hold of a service that names none.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether requests are logged, of a service that says nothing (<c>DOVETAIL_ACCESS_LOG</c>).</summary>
    public bool AccessLog { get; init; }

    /// <summary>
    /// The service that Dovetail serves itself (<see cref="ServiceSpec.IsOwn"/>); no container gets its name. Null: there is none.
    /// </summary>
    public ServiceSpec? Own { get; init; }

    /// <summary>Whether labels may have their containers stopped and started (<c>DOVETAIL_ALLOW_START</c>).</summary>
    public bool AllowStart { get; init; }

    /// <summary>Whether labels may ask for Funnel (<c>DOVETAIL_ALLOW_FUNNEL</c>).</summary>
    public bool AllowFunnel { get; init; }
}
