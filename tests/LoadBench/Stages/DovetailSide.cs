using System.Net;

namespace LoadBench.Stages;

/// <summary>A Dovetail with one service for each application.</summary>
/// <param name="relays">The tailscaleds of its services.</param>
internal sealed class DovetailSide(
    string name, DovetailDaemon daemon, IReadOnlyCollection<int> relays, IReadOnlyDictionary<Application, IPEndPoint> entrances)
    : Side(name)
{
    public override IReadOnlyCollection<int> Processes => [daemon.ProcessId];

    public override IReadOnlyCollection<int> Relays => relays;

    public override IPEndPoint Entrance(Application application) => entrances[application];

    public override string Host(Application application) => NodeOf(Name, application);

    /// <summary>The node of an application, on the tailnet of the bench.</summary>
    public static string NodeOf(string side, Application application) => $"{side}-{application.ToString().ToLowerInvariant()}";
}
