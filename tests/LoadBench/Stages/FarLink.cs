using System.Net;
using LoadBench.Helpers;
using LoadBench.Load;

namespace LoadBench.Stages;

/// <summary>A slow link between clients and some entrances (<see cref="FarLinkProgram"/>). Disposing ends it.</summary>
internal sealed class FarLink : IAsyncDisposable
{
    private readonly BackgroundProcess _program;
    private readonly Dictionary<IPEndPoint, IPEndPoint> _endpoints = [];

    private FarLink(BackgroundProcess program) => _program = program;

    /// <summary>At its far end.</summary>
    public Client Client { get; private set; } = null!;

    /// <param name="roundTrip">There and back again.</param>
    /// <param name="loss">Share of the packets that are lost, in each direction.</param>
    /// <exception cref="InvalidOperationException">This machine lets no such link be made.</exception>
    public static async Task<FarLink> StartAsync(
        TimeSpan roundTrip, double loss, IEnumerable<IPEndPoint> entrances, CancellationToken cancellation)
    {
        var program = new BackgroundProcess(
            Stage.OwnProgram,
            [
                FarLinkProgram.Name, Load.Tools.Text(roundTrip.TotalMilliseconds / 2), Load.Tools.Text(loss),
                .. entrances.Select(entrance => entrance.ToString()),
            ],
            new Dictionary<string, string?>());
        var link = new FarLink(program);
        try
        {
            await Eventually.TrueAsync(
                () => program.HasExited || program.Log.Contains(FarLinkProgram.Ready, StringComparison.Ordinal), "the slow link");
            if (program.HasExited)
            {
                throw new InvalidOperationException(
                    $"no slow link (it needs root, /dev/net/tun and network namespaces): {program.Log}");
            }

            foreach (var line in program.Log.Split(Environment.NewLine))
            {
                if (line.StartsWith(FarLinkProgram.NamespaceMark, StringComparison.Ordinal))
                {
                    link.Client = new Client(line[FarLinkProgram.NamespaceMark.Length..], cancellation);
                }
                else if (line.StartsWith(FarLinkProgram.EndpointMark, StringComparison.Ordinal))
                {
                    var words = line.Split(' ');
                    link._endpoints[IPEndPoint.Parse(words[1])] = IPEndPoint.Parse(words[2]);
                }
            }

            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    /// <summary>How clients at the far end reach a page.</summary>
    public Page Seen(Page page) => page with { Place = _endpoints[page.Place] };

    public ValueTask DisposeAsync() => _program.DisposeAsync();
}
