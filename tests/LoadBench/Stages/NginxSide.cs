using System.Globalization;
using System.Net;

namespace LoadBench.Stages;

/// <summary>The yardstick: nginx on a node of its own, by the same relay and before the same applications.</summary>
internal sealed class NginxSide(BackgroundProcess nginx, ServedNode node, IPEndPoint entrance) : Side(Nginx), IAsyncDisposable
{
    public override IReadOnlyCollection<int> Processes => Children(nginx.Id);

    public override IReadOnlyCollection<int> Relays => [node.ProcessId];

    public override IPEndPoint Entrance(Application application) => entrance;

    public override string Host(Application application) => node.HostName;

    /// <summary>Starts nginx and waits until all its workers are there.</summary>
    public static async Task<BackgroundProcess> StartNginxAsync(string directory, string configuration)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(file, configuration);
        var nginx = new BackgroundProcess("nginx", ["-p", directory, "-c", file, "-g", "daemon off;"], new Dictionary<string, string?>());
        await Eventually.TrueAsync(
            () => nginx.HasExited || Children(nginx.Id).Count == Environment.ProcessorCount, "nginx to start its workers");
        return nginx.HasExited ? throw new InvalidOperationException($"nginx ended: {nginx.Log}") : nginx;
    }

    public async ValueTask DisposeAsync()
    {
        await nginx.DisposeAsync();
        await node.DisposeAsync();
    }

    // The workers: the master does nothing.
    private static List<int> Children(int master) =>
    [
        .. File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{master}/task/{master}/children"))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];
}
