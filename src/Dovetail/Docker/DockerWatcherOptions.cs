namespace Dovetail.Docker;

/// <summary>How the watcher watches.</summary>
internal sealed record DockerWatcherOptions
{
    /// <summary>Which labels make a container matter; without the dot at the end.</summary>
    public string LabelPrefix { get; init; } = "dovetail";

    /// <summary>What <c>DOVETAIL_CONTAINER</c> says: id or name of Dovetail's own container, <c>none</c>, or null to find out.</summary>
    public string? Container { get; init; }

    /// <summary>
    /// Whether containers that do not run are listed too, when they have a label <c>PREFIX.sleep</c>. Default false.
    /// </summary>
    public bool EvenAsleep { get; init; }

    /// <summary>Time between full listings when nothing seems to happen; heals lost events. Over 0; default 30 s.</summary>
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same while tasks of a swarm start on other nodes, of which no event tells. Default 1 s.</summary>
    public TimeSpan SettlingInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>An event is followed by a listing once none has come for so long. Default 50 ms.</summary>
    public TimeSpan QuietPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest that events can put a listing off. At least the quiet period; default 250 ms.</summary>
    public TimeSpan MaxQuietWait { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How long the Engine may take for the details of one container before what the list says of it is used. Default 2 s.
    /// </summary>
    public TimeSpan InspectTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the first listing waits for the Engine to take the subscription to its events. Default 5 s.</summary>
    public TimeSpan EventsPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after the Engine refused the subscription it is asked again. Default 1 min.</summary>
    public TimeSpan EventsRetryInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>First wait after the Engine went away, give or take a quarter; doubles. Default 0.2 s.</summary>
    public TimeSpan MinReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait between two attempts, give or take a quarter. Default 10 s.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(10);
}
