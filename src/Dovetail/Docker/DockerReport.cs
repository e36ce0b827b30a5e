using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Keeps how the watcher gets on with the Engine, and logs what changes: once each, however often it is tried. For one thread at a time,
/// <see cref="Health"/> and <see cref="Heard"/> excepted.
/// </summary>
/// <param name="resync">How often the containers are listed without an event.</param>
internal sealed partial class DockerReport(DockerEndpoint endpoint, TimeSpan resync, TimeProvider time, ILogger logger)
{
    private readonly string _who = endpoint.Engine is { } name ? $"Docker Engine {name}" : "Docker";
    private DockerHealth _health = new() { IsNone = endpoint.IsNone };
    private bool _isAway;
    private OwnLocation? _own;
    private EquatableArray<string> _failures;
    private string? _eventProblem;

    public DockerHealth Health => Volatile.Read(ref _health);

    public void Heard(Message message) => Log.Event(
        logger, Printable.Text(message.Type ?? ""), Printable.Text(message.Action ?? ""), Printable.Text(message.Actor?.ID ?? ""));

    /// <param name="eventProblem">Why there are no events; null: there are.</param>
    public void Listed(EngineVersion version, ContainerListing listing, string? eventProblem)
    {
        if (_isAway)
        {
            _isAway = false;
            Log.Back(logger, endpoint, TitleOf(version), version.Api);
        }
        else if (Health.LastListing is null)
        {
            Log.Watching(logger, endpoint, TitleOf(version), version.Api);
        }

        if (listing.Snapshot.Own is var own && own != _own)
        {
            _own = own;
            var networks = string.Join(", ", own.Networks.Select(network => network.Name));
            if (endpoint.Engine is { } engine)
            {
                Log.LocatedBy(logger, engine, own.Location, own.ContainerName ?? "-", networks, own.Gateway ?? "-");
            }
            else
            {
                Log.Located(logger, own.Location, own.ContainerName ?? "-", networks, own.Gateway ?? "-");
            }
        }

        if (listing.Failures != _failures)
        {
            _failures = listing.Failures;
            foreach (var failure in listing.Failures)
            {
                Log.Incomplete(logger, _who, failure);
            }
        }

        if (eventProblem != _eventProblem)
        {
            _eventProblem = eventProblem;
            if (eventProblem is null)
            {
                Log.EventsCome(logger, _who);
            }
            else
            {
                Log.NoEvents(logger, eventProblem, resync.TotalSeconds);
            }
        }

        string[] problems = [.. listing.Failures, .. eventProblem is null ? [] : (string[])[eventProblem]];
        Volatile.Write(ref _health, new DockerHealth
        {
            Connected = true,
            Engine = version.Engine,
            ApiVersion = version.Api.ToString(),
            LastListing = time.GetUtcNow(),
            LastError = problems.Length > 0 ? string.Join(" ", problems) : null,
        });
    }

    /// <param name="hasListed">Whether the session that ended with <paramref name="reason"/> had got as far as a listing.</param>
    public void Lost(Exception reason, bool hasListed)
    {
        if (reason is not DockerException)
        {
            Log.Unexpected(logger, _who, reason);
        }

        Volatile.Write(ref _health, Health with { Connected = false, LastError = reason.Message });
        if (hasListed)
        {
            // Engines and proxies end streams now and then: only when the next attempt fails is Docker away.
            Log.SessionEnded(logger, _who, reason.Message);
        }
        else if (!_isAway)
        {
            _isAway = true;
            Log.Away(logger, _who, reason.Message);
        }
    }

    private string TitleOf(EngineVersion version) => endpoint.Engine is { } name ? $"{name} ({version.Title})" : version.Title;

    private static partial class Log
    {
        [LoggerMessage(1101, LogLevel.Information, "Watching {Engine} at {Endpoint} (API {Api})")]
        public static partial void Watching(ILogger logger, DockerEndpoint endpoint, string engine, ApiVersion api);

        [LoggerMessage(1102, LogLevel.Warning, "{Docker} is away; services stay as they are, and Dovetail keeps trying: {Error}")]
        public static partial void Away(ILogger logger, string docker, string error);

        [LoggerMessage(1103, LogLevel.Information, "{Engine} is back at {Endpoint} (API {Api})")]
        public static partial void Back(ILogger logger, DockerEndpoint endpoint, string engine, ApiVersion api);

        [LoggerMessage(1104, LogLevel.Debug, "Connecting to {Docker} again: {Reason}")]
        public static partial void SessionEnded(ILogger logger, string docker, string reason);

        [LoggerMessage(
            1105,
            LogLevel.Information,
            "Dovetail runs here: {Location}, container {Container}, networks [{Networks}], address of the Docker host {Gateway}")]
        public static partial void Located(ILogger logger, DovetailLocation location, string container, string networks, string gateway);

        [LoggerMessage(
            1111,
            LogLevel.Information,
            "Engine {Engine}: Dovetail runs here: {Location}, container {Container}, networks [{Networks}], "
            + "address of the Docker host {Gateway}")]
        public static partial void LocatedBy(
            ILogger logger, string engine, DovetailLocation location, string container, string networks, string gateway);

        [LoggerMessage(1106, LogLevel.Warning, "{Docker}'s answer is incomplete: {Failure}")]
        public static partial void Incomplete(ILogger logger, string docker, string failure);

        [LoggerMessage(
            1109,
            LogLevel.Warning,
            "{Problem} Until then containers are listed every {Seconds:0.#} s, and changes seen no sooner")]
        public static partial void NoEvents(ILogger logger, string problem, double seconds);

        [LoggerMessage(1110, LogLevel.Information, "Events come from {Docker}; changes are seen at once")]
        public static partial void EventsCome(ILogger logger, string docker);

        [LoggerMessage(1107, LogLevel.Error, "Watching {Docker} failed in a way that was not foreseen; Dovetail keeps trying")]
        public static partial void Unexpected(ILogger logger, string docker, Exception exception);

        [LoggerMessage(1108, LogLevel.Debug, "Docker event {Type} {Action} {Id}")]
        public static partial void Event(ILogger logger, string type, string action, string id);
    }
}

/// <summary>How the watcher gets on with the Engine, for <c>dovetail status</c>.</summary>
internal sealed record DockerHealth
{
    /// <summary>There is to be no Engine.</summary>
    public bool IsNone { get; init; }

    /// <summary>Whether the last listing succeeded.</summary>
    public bool Connected { get; init; }

    /// <summary>The Engine's version; null before the first contact.</summary>
    public string? Engine { get; init; }

    /// <summary>The API version in use; null before the first contact.</summary>
    public string? ApiVersion { get; init; }

    /// <summary>When the last listing was complete; null before the first.</summary>
    public DateTimeOffset? LastListing { get; init; }

    /// <summary>What went wrong last, with what to do; null while all is well.</summary>
    public string? LastError { get; init; }
}
