using Docker.DotNet.Models;
using Dovetail.Common;
using Dovetail.Containers;

namespace Dovetail.Docker;

/// <summary>
/// Marks the containers that have been told to stop. This is the one thing taken from an event itself: no listing shows it, and until it
/// has ended such a container is listed as running. A lost event means one mark less; a wrong mark expires.
/// </summary>
/// <param name="publish">Takes each snapshot, in order; called under a lock.</param>
internal sealed class StoppingContainers(TimeProvider time, Action<ContainerSnapshot> publish)
{
    // Docker kills after the container's own time for stopping; one that then still runs was not told to stop.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Mark> _marks = new(StringComparer.Ordinal);
    private ContainerSnapshot? _listed;

    /// <summary>How long until a mark is out of date and the containers should be listed again; null: there is none.</summary>
    public TimeSpan? NextExpiry
    {
        get
        {
            lock (_lock)
            {
                return _marks.Count == 0 ? null : _marks.Values.Min(mark => mark.Lifetime - time.GetElapsedTime(mark.Since));
            }
        }
    }

    /// <summary>Looks at an event. A container that is told to stop is published at once: requests go elsewhere before it goes.</summary>
    public void Heard(Message message)
    {
        if (message.Actor?.ID is not { Length: > 0 } id)
        {
            return;
        }

        lock (_lock)
        {
            if (message.Action == "start")
            {
                _marks.Remove(id);
            }
            else if (message.Action == "kill" && Find(id) is { } container && IsStop(message, container))
            {
                _marks[id] = new Mark(time.GetTimestamp(), container.StopTimeout + Margin);
                publish(Marked(_listed!));
            }
        }
    }

    /// <summary>Publishes a listing.</summary>
    /// <param name="begun">When it was asked for.</param>
    public void Listed(ContainerSnapshot listed, long begun)
    {
        lock (_lock)
        {
            _listed = listed;
            foreach (var (id, mark) in _marks.ToList())
            {
                var isListed = Find(id) is not null || listed.Asleep.Any(container => container.Id == id);
                if (time.GetElapsedTime(mark.Since) >= mark.Lifetime || (!isListed && mark.Since < begun))
                {
                    _marks.Remove(id);
                }
            }

            publish(Marked(listed));
        }
    }

    private static bool IsStop(Message message, Container container) =>
        message.Actor.Attributes is { } attributes
        && attributes.TryGetValue("signal", out var text)
        && StopSignal.Parse(text) is { } signal
        && (signal == StopSignal.Kill || signal == container.StopSignal);

    private Container? Find(string id) => _listed?.Containers.FirstOrDefault(container => container.Id == id);

    // Also those that have ended meanwhile: whoever sees them only now has to know that it was no mishap.
    private ContainerSnapshot Marked(ContainerSnapshot listed) => _marks.Count == 0 ? listed : listed with
    {
        Containers = Marked(listed.Containers),
        Asleep = Marked(listed.Asleep),
    };

    private EquatableArray<Container> Marked(EquatableArray<Container> containers) => containers
        .Select(container => _marks.ContainsKey(container.Id) ? container with { IsStopping = true } : container)
        .ToEquatableArray();

    private readonly record struct Mark(long Since, TimeSpan Lifetime);
}
