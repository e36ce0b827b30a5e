using System.Net;
using LoadBench.Load;

namespace LoadBench.Stages;

/// <summary>One of those that are compared: a proxy with the relay before it and the same applications behind it.</summary>
internal abstract class Side(string name)
{
    public const string Dovetail = "dovetail";
    public const string Other = "other";
    public const string Nginx = "nginx";

    public string Name => name;

    /// <summary>The proxy's own processes: whose processor time and memory count.</summary>
    public abstract IReadOnlyCollection<int> Processes { get; }

    /// <summary>The tailscaleds before it.</summary>
    public abstract IReadOnlyCollection<int> Relays { get; }

    /// <summary>Where clients connect to reach an application.</summary>
    public abstract IPEndPoint Entrance(Application application);

    /// <summary>By what name they ask for it.</summary>
    public abstract string Host(Application application);

    public Page Page(Application application, string path) => new(Entrance(application), Host(application), path);
}

/// <summary>What runs in the containers.</summary>
internal enum Application
{
    /// <summary>nginx with files.</summary>
    Files,

    /// <summary>Takes bodies and counts them.</summary>
    Sink,

    /// <summary>Echoes WebSocket messages.</summary>
    Sockets,
}
